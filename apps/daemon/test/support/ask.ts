import { request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly text: string
}

/** One request to a socket or a port. */
export function ask(where: { socketPath: string } | { port: number }, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const sent = request({ ...where, host: '127.0.0.1', path, method }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The port within `http://127.0.0.1:9464`. */
export const portOf = (address: string | undefined): number => Number(new URL(address ?? '').port)
