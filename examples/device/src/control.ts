import { request } from 'node:http'

/** Asks a running daemon through its control socket, as `perun-watcher status` does. */
export function askDaemon(socketPath: string, path: '/status' | '/channels'): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        text += piece
      })
      answer.on('end', () => resolve(text))
      answer.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}
