import { isIPv4, isIPv6 } from 'node:net'
import { WatcherError } from '@perun-watcher/core'

export type Endpoint =
  /** `host` without brackets; `port` `*` lets the machine choose. */
  | { readonly transport: 'tcp'; readonly host: string; readonly port: string }
  | { readonly transport: 'ipc'; readonly path: string }

/** The kernel keeps 108 bytes for the path of a socket, one of them for the end. */
const longestPath = 107

/**
 * `tcp://host:port` or `ipc:///path/of/socket`. `localhost` is 127.0.0.1.
 *
 * @throws WatcherError `ADDRESS_UNUSABLE`
 */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('ipc://')) return { transport: 'ipc', path: parsePath(text, text.slice('ipc://'.length)) }
  const [, host = '', port = ''] = /^tcp:\/\/(.+):(\d{1,5}|\*)$/.exec(text) ?? []
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  const isHost = host === bare ? /^(?:[\w.-]{1,253}|\*)$/.test(host) : isIPv6(bare)
  if (!isHost || (port !== '*' && Number(port) > 65_535)) {
    throw unusable(text, 'It is neither tcp://host:port nor ipc:///path.')
  }
  return { transport: 'tcp', host: bare === 'localhost' ? '127.0.0.1' : bare, port }
}

/** As libzmq wants it. */
export function endpointText(endpoint: Endpoint): string {
  if (endpoint.transport === 'ipc') return `ipc://${endpoint.path}`
  return `tcp://${isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`
}

export function isIPv6Endpoint(endpoint: Endpoint): boolean {
  return endpoint.transport === 'tcp' && isIPv6(endpoint.host)
}

/** An address that libzmq bound, as others write it: next to IPv6 it writes IPv4 addresses as `[::ffff:127.0.0.1]`. */
export function readableAddress(bound: string): string {
  return bound.replace(/\[::ffff:([\d.]+)\]/, '$1')
}

/** Whether nobody outside this machine can be on the other side, or listen. */
export function isOnThisMachine(endpoint: Endpoint): boolean {
  if (endpoint.transport === 'ipc') return true
  return endpoint.host === '::1' || (isIPv4(endpoint.host) && endpoint.host.startsWith('127.'))
}

export function unusable(address: string, why: string, cause?: unknown): WatcherError {
  return new WatcherError('ADDRESS_UNUSABLE', 'The ZeroMQ address cannot be used.', {
    details: [`Address ${JSON.stringify(address.slice(0, 300))}.`, why],
    cause,
  })
}

function parsePath(text: string, path: string): string {
  if (path.length === 0 || path.includes('\0')) throw unusable(text, 'The path is missing or broken.')
  if (Buffer.byteLength(path) > longestPath) throw unusable(text, `The path is longer than ${longestPath} bytes.`)
  if (path.startsWith('@') || path === '*')
    throw unusable(text, 'Give the path of a file, so that its permissions count.')
  return path
}
