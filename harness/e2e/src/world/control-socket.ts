import { request } from 'node:http'

/** What this asks of a daemon, out of all that its control socket tells. */
export interface DaemonStatus {
  readonly pid: number
  readonly phase: 'unconfigured' | 'starting' | 'running' | 'stopping'
  readonly readiness: { readonly ready: boolean; readonly reasons: readonly { readonly code: string }[] }
  readonly endpoints: readonly string[]
  readonly publicKey: string
  /** Both only where gRPC is offered. */
  readonly grpcAddresses?: readonly string[]
  readonly tlsPublicKey?: string
  readonly channels: number
  readonly disputes: readonly { readonly channel: string }[]
  readonly clients: { readonly connected: number; readonly connections: number; readonly watches: number }
}

export interface ChannelLine {
  readonly id: string
  readonly version: string
  readonly clients: readonly string[]
}

/** `undefined`: nobody answers. */
export async function askStatus(socketPath: string): Promise<DaemonStatus | undefined> {
  const text = await get(socketPath, '/status').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as DaemonStatus)
}

/** Every channel that the daemon guards. */
export async function askChannels(socketPath: string): Promise<readonly ChannelLine[]> {
  const lines = (await get(socketPath, '/channels')).trimEnd().split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line) as ChannelLine)
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        text += piece
      })
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(text))))
      answer.on('error', reject)
    })
    asking.on('error', reject)
    asking.end()
  })
}
