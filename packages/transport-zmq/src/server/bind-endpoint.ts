import { lstat } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Router } from 'zeromq'
import { type Endpoint, endpointText, parseEndpoint, readableAddress, unusable } from '../settings/endpoint.ts'

/**
 * Binds a socket and returns the address in libzmq's notation, with the port that the system chose.
 *
 * @throws WatcherError `ADDRESS_UNUSABLE`
 */
export async function bindEndpoint(socket: Router, endpoint: Endpoint): Promise<string> {
  const text = endpointText(endpoint)
  if (endpoint.transport === 'ipc') await assertFree(endpoint)
  try {
    if (endpoint.transport === 'ipc') bindPrivately(socket, text)
    else socket.bindSync(text)
  } catch (error) {
    throw unusable(text, error instanceof Error ? `${error.message}.` : String(error), error)
  }
  return socket.lastEndpoint ?? text
}

/** The socket file is accessible to this user only from the moment it is created. */
function bindPrivately(socket: Router, text: string): void {
  const before = process.umask(0o177)
  try {
    socket.bindSync(text)
  } finally {
    process.umask(before)
  }
}

/** libzmq would replace whatever is at the path. Let it replace only a socket that nobody listens on any more. */
async function assertFree(endpoint: Endpoint & { readonly transport: 'ipc' }): Promise<void> {
  const { path } = endpoint
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw unusable(`ipc://${path}`, `${error.message}.`, error)
  })
  if (found === undefined) return
  if (!found.isSocket()) throw unusable(`ipc://${path}`, 'There is a file at this path that is no socket.')
  if (await isListenedOn(endpoint)) throw unusable(`ipc://${path}`, 'Another program listens there.')
}

/** More probes than a socket needs to close; whoever listens after that is another program. */
const mostProbes = 1000

/** Resolves once a closed socket has stopped listening, which libzmq's thread does asynchronously. */
export async function untilFree(bound: string): Promise<void> {
  const endpoint = parseEndpoint(readableAddress(bound))
  for (let probe = 0; probe < mostProbes; probe++) if (!(await isListenedOn(endpoint))) return
}

function isListenedOn(endpoint: Endpoint): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = endpoint.transport === 'ipc' ? connect(endpoint.path) : connect(Number(endpoint.port), endpoint.host)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}
