import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { type EvmClient, failoverClient } from '../../src/index.ts'

interface Request {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

/** Answers a request over HTTP in any way. */
type Answer = (request: Request, response: ServerResponse) => void

interface Node extends AsyncDisposable {
  readonly url: string
  readonly asked: Request[]
  answer: Answer
}

const json =
  (body: object, status = 200): Answer =>
  ({ id }, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...body }))
  }

const page =
  (status: number, text: string): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' })
    response.end(text)
  }

const error = (code: number, message: string): Answer => json({ error: { code, message } })

function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && 'method' in value && 'params' in value
}

async function startNode(answer: Answer): Promise<Node> {
  const asked: Request[] = []
  const node = { answer, asked }
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const parsed: unknown = JSON.parse(text)
      assert.ok(isRequest(parsed), 'a single request')
      asked.push(parsed)
      node.answer(parsed, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return Object.assign(node, {
    url: `http://127.0.0.1:${address.port}/v3/secret-key`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

const healthy = json({ result: '0x600d' })

/** Ways in which an endpoint is of no use while the next one is. */
const useless: readonly (readonly [string, Answer])[] = [
  ['a daily limit', error(-32_005, 'daily request count exceeded, request rate limited')],
  ['a rate limit as an error in HTTP 200', error(-32_000, 'rate limit exceeded')],
  ['a limit of HTTP', page(429, 'slow down')],
  ['a key that is not valid', page(401, 'invalid key secret-key')],
  ['a method that no plan has', error(-32_000, 'method not available')],
  ['a method that is missing', error(-32_601, 'Method not found')],
  ['missing history', error(-32_000, 'missing trie node 1234')],
  ['an answer that would be too large', page(413, 'Request Entity Too Large')],
  ['a refusal in plain text', page(400, 'query range is too large')],
  ['an internal error', error(-32_603, 'internal error')],
  ['a broken gateway', page(502, '<html>bad gateway</html>')],
  ['no JSON', page(200, 'hello')],
  ['an empty body', page(200, '')],
  ['a null', json({ result: null })],
  ['no result', json({})],
  ['a closed connection', (_request, response) => response.destroy()],
  [
    'a body that breaks off',
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"jsonrpc"', () => response.destroy())
    },
  ],
]

/** The tests of several endpoints that the client of every adapter must pass, over real connections. */
export function failoverSuite(name: string, create: (url: string) => EvmClient): void {
  describe(`${name}, over several endpoints`, () => {
    it.each(useless)('gives the answer of the second where the first has %s', async (_what, answer) => {
      await using first = await startNode(answer)
      await using second = await startNode(healthy)
      const client = failoverClient({
        endpoints: [first, second].map(({ url }, index) => ({ name: `${index}`, client: create(url) })),
      })
      expect(await client.request('eth_call', [{}])).toBe('0x600d')
      expect(await client.request('eth_call', [{}])).toBe('0x600d')
    })

    it.each(useless)('delivers a transaction to all, though the first has %s', async (_what, answer) => {
      await using first = await startNode(answer)
      await using second = await startNode(healthy)
      const client = failoverClient({
        endpoints: [first, second].map(({ url }, index) => ({ name: `${index}`, client: create(url) })),
      })
      expect(await client.request('eth_sendRawTransaction', ['0x02'])).toBe('0x600d')
      for (const { asked } of [first, second]) {
        expect(asked.filter(({ method }) => method === 'eth_sendRawTransaction')).toHaveLength(1)
      }
    })

    it('gives the verdict of the first, and asks nobody else', async () => {
      await using first = await startNode(error(3, 'execution reverted'))
      await using second = await startNode(healthy)
      const client = failoverClient({
        endpoints: [first, second].map(({ url }, index) => ({ name: `${index}`, client: create(url) })),
      })
      await expect(client.request('eth_call', [{}])).rejects.toMatchObject({ code: 'RPC_REFUSED' })
      expect(second.asked.filter(({ method }) => method === 'eth_call')).toEqual([])
    })
  })
}
