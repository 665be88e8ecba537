import { chmod, unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { WatcherError } from '@perun-watcher/core'
import { type HttpServer, type HttpServerOptions, serveHttp } from './serve-http.ts'

/** Longest path of a socket on Linux and macOS, in bytes. */
const longestPath = 103

/**
 * Listens on the control socket, for the owner of the data directory only.
 *
 * @throws WatcherError `STORE_LOCKED` if another daemon uses the directory, `OPTION_INVALID` if the path is too long,
 *   `ADDRESS_UNUSABLE`.
 */
export async function controlSocket(path: string, options: Omit<HttpServerOptions, 'address'>): Promise<HttpServer> {
  if (Buffer.byteLength(path) > longestPath) {
    throw new WatcherError('OPTION_INVALID', 'The path of the data directory (data.directory) is too long.', {
      details: [`The socket ${path} may have ${longestPath} bytes.`],
    })
  }
  if (await isAnswered(path)) {
    throw new WatcherError('STORE_LOCKED', 'Another daemon uses the data directory.', {
      details: [`It answers at ${path}.`],
    })
  }
  await removeStale(path)
  const server = await serveHttp({ ...options, address: { path } })
  await chmod(path, 0o600)
  return server
}

/**
 * The socket of a daemon that was killed. Not with `rm`, which looks at it first: after a look at a socket, Node 20 takes the next
 * symbolic link for none, and finds no package any more that is imported by way of one (nodejs/node #51142).
 */
async function removeStale(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
