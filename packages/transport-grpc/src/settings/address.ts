import { isIP, isIPv4, isIPv6 } from 'node:net'
import { WatcherError } from '@perun-watcher/core'

/** `host` is a name or an IP address without brackets; at a server, `port` 0 lets the machine choose. */
export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * `host:port` or `[IPv6]:port`. `localhost` is 127.0.0.1.
 *
 * @throws WatcherError `ADDRESS_UNUSABLE`
 */
export function parseAddress(text: string): Address {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  const isHost = host === bare ? /^[\w.-]{1,253}$/.test(host) : isIPv6(bare)
  if (!isHost || Number(port) > 65_535) throw unusable(text, 'It is neither host:port nor [IPv6 address]:port.')
  return { host: bare === 'localhost' ? '127.0.0.1' : bare, port: Number(port) }
}

export function addressText({ host, port }: Address): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** As gRPC wants it: with the scheme that says who looks the name up. */
export function targetOf(address: Address): string {
  const version = isIP(address.host)
  return `${version === 0 ? 'dns' : `ipv${version}`}:${addressText(address)}`
}

/** Whether nobody outside this machine can be on the other side, or listen. */
export function isLoopback({ host }: Address): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

export function unusable(address: string, why: string, cause?: unknown): WatcherError {
  return new WatcherError('ADDRESS_UNUSABLE', 'The gRPC address cannot be used.', {
    details: [`Address ${JSON.stringify(address.slice(0, 300))}.`, why],
    cause,
  })
}
