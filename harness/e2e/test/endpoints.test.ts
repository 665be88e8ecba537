import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'
import { until } from '../src/world/until.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterAll(() => testbed?.[Symbol.asyncDispose]())

/** An endpoint that keeps every log back. */
async function liar(truth: string): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const { method, id } = JSON.parse(body)
    response.setHeader('content-type', 'application/json')
    const answer = await fetch(truth, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    const lie = JSON.stringify({ jsonrpc: '2.0', id, result: [] })
    response.end(method === 'eth_getLogs' ? lie : await answer.text())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, server }
}

describe('several RPC endpoints', () => {
  it('of which one keeps something back turn readiness off, and say what they disagree about', async () => {
    const { rpcUrl } = testbed.chain.devnet
    await testbed.chain.openChannel().cheat(0n)
    const { anvil } = testbed.chain.devnet
    await anvil.mine({ blocks: 4 })
    const { url, server } = await liar(rpcUrl)
    try {
      await using daemon = await testbed.startDaemon({ chain: { rpc: JSON.stringify([rpcUrl, url]) } })
      await until('a daemon that is not ready', async () => !(await daemon.status()).readiness.ready || undefined)
      const { code, out } = await daemon.command('status')
      expect(code).toBe(1)
      expect(out).toMatch(/ENDPOINTS_DISAGREE: The logs of blocks \d+ to \d+ are 1 logs at 1 .*, but 0 logs at 2 /)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
