import { createServer } from 'node:http'
import { onTestFinished } from 'vitest'

export interface RpcRequest {
  readonly method: string
  readonly params: readonly unknown[]
}

/** What is told instead of the node's answer. `undefined`: the node's own. */
export type Fault = (
  request: RpcRequest,
) =>
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly result: unknown }
  | { readonly change: (result: unknown) => unknown }
  | undefined

/** A JSON-RPC endpoint over HTTP in front of a real node, with a fault. @returns its URL */
export async function faultyNode(nodeUrl: string, fault: Fault): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString()
      const { id, method, params = [] } = JSON.parse(body)
      const told = fault({ method, params })
      const answer = async (): Promise<unknown> => {
        if (told !== undefined && 'error' in told) return { jsonrpc: '2.0', id, error: told.error }
        if (told !== undefined && 'result' in told) return { jsonrpc: '2.0', id, result: told.result }
        const headers = { 'content-type': 'application/json' }
        const real: unknown = await (await fetch(nodeUrl, { method: 'POST', headers, body })).json()
        return told === undefined || !('result' in Object(real))
          ? real
          : { ...Object(real), result: told.change(Reflect.get(Object(real), 'result')) }
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(await answer()))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return `http://127.0.0.1:${address.port}`
}
