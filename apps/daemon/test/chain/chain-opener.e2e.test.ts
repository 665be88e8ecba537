import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { chainNames, openerOf } from '../../src/chain/chain-libraries.ts'
import type { OpenedChain } from '../../src/chain/chain-opener.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet()
})
afterAll(() => devnet.stop())

const secret = 'secret-key-0123456789'

interface Useless {
  readonly url: string
  /** Methods that it was asked for. */
  readonly asked: string[]
}

/** An endpoint whose limit for the day is used up. */
async function uselessEndpoint(): Promise<Useless> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += String(chunk)))
    request.on('end', () => {
      const { id, method } = JSON.parse(text) as { id: unknown; method: string }
      asked.push(method)
      const error = { code: -32_005, message: `daily request count exceeded for ${secret}, request rate limited` }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}/v3/${secret}`, asked }
}

describe.each(chainNames)('a chain through %s', (name) => {
  async function opened(rpcUrls: readonly string[], told: string[]): Promise<OpenedChain> {
    const open = await openerOf(name)
    const note = (message: string, fields: object = {}): void =>
      void told.push(
        `${message} ${JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))}`,
      )
    const chain = await open({
      rpcUrls,
      privateKeys: [devKey(name === 'viem' ? 5 : 6)],
      adjudicator: devnet.contracts.adjudicator,
      chainId: BigInt(devnet.chainId),
      pollIntervalMs: 20,
      logger: { trace() {}, debug: note, info: note, warn: note, error: note },
    })
    onTestFinished(async () => {
      await chain.backend.close()
      await chain.close()
    })
    return chain
  }

  it('defends a channel though the first endpoint is out of its limit, and gives both the transaction', async () => {
    const useless = await uselessEndpoint()
    const told: string[] = []
    const { backend, client } = await opened([useless.url, devnet.rpcUrl], told)
    await backend.probe()
    await backend.start()
    const [alice, bob] = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))]
    const channel = openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 600n })
    const stream = backend.subscribe({ fromBlock: undefined })
    const steps = stream[Symbol.asyncIterator]()
    expect((await steps.next()).value).toMatchObject({ type: 'block', isCurrent: true })

    await devnet.confirm(bob.register(await channel.signed(channel.state(1n))))
    const deadline = (await devnet.client.getBlock()).timestamp + 600n
    const state = signedStateFromAbi(await channel.signed(channel.state(2n)))
    const registering = backend.register(state, [], { deadline })
    const versions: bigint[] = []
    while (!versions.includes(2n)) {
      const { value, done } = await steps.next()
      assert.ok(done !== true)
      if (value.type === 'block') versions.push(...value.added.map(({ version }) => version))
    }
    await registering
    expect(versions).toEqual([1n, 2n])
    expect(useless.asked).toContain('eth_sendRawTransaction')
    expect(client.health[1]).toMatchObject({ state: 'good' })
    expect(told.join()).not.toContain(secret)
    await stream.close()
  })
})
