import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { EvmClient } from '../../src/index.ts'
import { refusalOf, rpcFailure } from '../../src/internal.ts'

interface Answer {
  readonly status?: number
  /** The body, or what makes one out of the request's id. */
  readonly body: string | ((id: unknown) => object)
}

interface RpcServer extends AsyncDisposable {
  readonly url: string
  readonly requests: unknown[]
}

/** A server that gives every request the same answer; without one it never answers. */
async function serve(answer?: Answer): Promise<RpcServer> {
  const requests: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const parsed: unknown = JSON.parse(text)
      requests.push(parsed)
      if (answer === undefined) return
      const id = typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : undefined
      const { status = 200, body } = answer
      response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' })
      response.end(typeof body === 'string' ? body : JSON.stringify({ jsonrpc: '2.0', id, ...body(id) }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}/v3/secret-key-0123456789`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const refusals: readonly (readonly [method: string, error: { code: number; message: string; data?: unknown }])[] = [
  ['eth_call', { code: 3, message: 'execution reverted: too late', data: '0x08c379a0' }],
  ['eth_call', { code: -32000, message: 'header not found' }],
  ['eth_estimateGas', { code: 3, message: 'execution reverted', data: '0x' }],
  ['eth_estimateGas', { code: -32000, message: 'insufficient funds for transfer' }],
  ['eth_estimateGas', { code: -32000, message: 'nonce too low' }],
  ['eth_sendRawTransaction', { code: -32000, message: 'nonce too low' }],
  ['eth_sendRawTransaction', { code: -32000, message: 'already known' }],
  ['eth_sendRawTransaction', { code: -32000, message: 'replacement transaction underpriced' }],
  ['eth_sendRawTransaction', { code: -32000, message: 'insufficient funds for gas * price + value' }],
  [
    'eth_sendRawTransaction',
    { code: -32000, message: 'only replay-protected (EIP-155) transactions allowed over RPC' },
  ],
  ['eth_getLogs', { code: -32005, message: 'query returned more than 10000 results', data: { from: '0x1' } }],
  ['eth_getLogs', { code: -32602, message: 'block range too wide' }],
  ['eth_getBlockByNumber', { code: 4444, message: 'pruned history unavailable' }],
  ['debug_traceTransaction', { code: -32601, message: 'the method debug_traceTransaction does not exist' }],
  ['eth_getLogs', { code: -32603, message: 'internal error' }],
]

/** The tests that the JSON-RPC client of every adapter must pass. */
export function clientSuite(name: string, create: (url: string) => EvmClient): void {
  describe(name, () => {
    it('hands on requests and results as they are', async () => {
      const result = { logs: [1, null, 'x'] }
      await using server = await serve({ body: () => ({ result }) })
      const params = [{ fromBlock: '0x1', address: '0xAb' }, null]
      expect(await create(server.url).request('eth_getLogs', params)).toEqual(result)
      expect(server.requests).toMatchObject([{ method: 'eth_getLogs', params }])
    })

    it.each(refusals)('reports what a node said to %s: %o', async (method, error) => {
      await using server = await serve({ body: () => ({ error }) })
      const thrown: unknown = await create(server.url)
        .request(method, [{}])
        .catch((cause: unknown) => cause)
      expect(refusalOf(thrown)).toEqual({ data: undefined, ...error })
      expect(server.requests, 'no retry but ours').toHaveLength(1)
    })

    it('reports what a node said with a status of failure', async () => {
      const error = { code: -32000, message: 'header not found' }
      await using server = await serve({ status: 400, body: () => ({ error }) })
      const thrown: unknown = await create(server.url)
        .request('eth_call', [{}])
        .catch((cause: unknown) => cause)
      expect(refusalOf(thrown)).toMatchObject(error)
    })

    it.each([
      ['a broken gateway', { status: 502, body: '<html>bad gateway</html>' }],
      ['a limit of requests', { status: 429, body: 'slow down' }],
      [
        'a limit of requests, in JSON',
        { status: 429, body: () => ({ error: { code: -32000, message: 'slow down' } }) },
      ],
      ['no JSON', { body: 'hello' }],
    ])('takes %s for no answer', async (_what, answer: Answer) => {
      await using server = await serve(answer)
      const thrown: unknown = await create(server.url)
        .request('eth_call', [{}])
        .catch((cause: unknown) => cause)
      expect(thrown).toMatchObject({ code: 'CHAIN_UNREACHABLE' })
      expect(String(thrown)).not.toContain('secret-key')
      expect(server.requests, 'no retry but ours').toHaveLength(1)
    })

    it.each([
      ['size', { status: 400, body: 'query range is too large' }],
      ['size', { status: 413, body: '<html>Request Entity Too Large</html>' }],
      [
        'size',
        { status: 500, body: () => ({ error: { code: -32005, message: 'query returned more than 10000 results' } }) },
      ],
      ['service', { status: 403, body: '{"error":"invalid key secret-key"}' }],
      ['service', { status: 429, body: () => ({ error: { code: -32000, message: 'block range is too wide' } }) }],
      ['service', { body: () => ({ error: { code: -32000, message: 'rate limit exceeded' } }) }],
      ['method', { body: () => ({ error: { code: -32000, message: 'method not available' } }) }],
      ['history', { body: () => ({ error: { code: -32000, message: 'missing trie node 1234' } }) }],
      ['call', { body: () => ({ error: { code: 3, message: 'execution reverted' } }) }],
      ['nothing', { status: 504, body: '<html>gateway</html>' }],
      ['nothing', { body: '' }],
    ] as const)('lets tell %s from the rest in %o', async (expected, answer: Answer) => {
      await using server = await serve(answer)
      const thrown: unknown = await create(server.url)
        .request('eth_call', [{}])
        .catch((cause: unknown) => cause)
      expect(rpcFailure('eth_call', thrown)).toBe(expected)
    })

    it.each([
      { status: 403, body: '{"error":"no such project: secret-key-0123456789"}' },
      { status: 400, body: 'bad key secret-key-0123456789' },
      { body: () => ({ error: { code: -32000, message: 'invalid API key secret-key-0123456789' } }) },
      { status: 500, body: () => ({ error: { code: -32000, message: 'invalid API key secret-key-0123456789' } }) },
    ])('repeats no key that a node repeats: %o', async (answer: Answer) => {
      await using server = await serve(answer)
      const thrown: unknown = await create(server.url)
        .request('eth_call', [{}])
        .catch((cause: unknown) => cause)
      assert.ok(thrown instanceof Error)
      const { message, stack, cause } = thrown
      expect([message, stack, cause, refusalOf(thrown)?.message].map((each) => inspect(each)).join()).not.toContain(
        'secret-key',
      )
    })

    it('sends each request by itself: many endpoints refuse batches', async () => {
      await using server = await serve({ body: () => ({ result: '0x1' }) })
      const client = create(server.url)
      const methods = Array.from({ length: 20 }, (_, index) => `eth_${index}`)
      await Promise.all(methods.map((method) => client.request(method, [])))
      expect(
        server.requests.map((request) => typeof request === 'object' && request !== null && 'method' in request),
      ).toEqual(methods.map(() => true))
    })

    it('ends with the reason of the signal', async () => {
      await using server = await serve()
      const abort = new AbortController()
      const request = create(server.url).request('eth_chainId', [], { signal: abort.signal })
      const reason = new Error('enough')
      abort.abort(reason)
      await expect(request).rejects.toBe(reason)
      await expect(create(server.url).request('eth_chainId', [], { signal: abort.signal })).rejects.toBe(reason)
    })
  })
}
