import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import { viemBackend } from '@perun-watcher/chain-viem'
import type { RegistererSubscriber } from '@perun-watcher/core/adapter'
import {
  addressOf,
  createActor,
  type Devnet,
  devKey,
  openChannel,
  readDispute,
  startDevnet,
} from '@perun-watcher/devnet'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'

interface Run extends AsyncDisposable {
  readonly backend: RegistererSubscriber
  readonly journaled: () => Promise<readonly string[]>
}

/** A backend with its journal on disk, which follows the chain as it does below an engine. */
async function run(devnet: Devnet, path: string): Promise<Run> {
  const store = lmdbStore({ path })
  const backend = viemBackend({
    client: devnet.client,
    account: privateKeyToAccount(devKey(8)),
    chainId: BigInt(devnet.chainId),
    adjudicator: devnet.contracts.adjudicator,
    journal: store,
    pollIntervalMs: 10,
  })
  await backend.probe()
  await store.open([backend.ledgerId])
  await store.bind(backend.ledgerId)
  await backend.start()
  const stream = backend.subscribe({ fromBlock: undefined })
  const following = (async () => {
    for await (const _ of stream);
  })()
  return {
    backend,
    journaled: async () => (await store.journal(backend.ledgerId).attempts()).map(({ hash }) => hash),
    async [Symbol.asyncDispose]() {
      await backend.close()
      await following
      await store.close()
    },
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve))
}

it('D11: a journalled registration is not sent again after a restart unless it is asked for', async () => {
  await using devnet = await startDevnet({ automine: false })
  const root = await mkdtemp(join(tmpdir(), 'journal-'))
  const path = join(root, 'store')
  const account = addressOf(devKey(8))
  const pending = (): Promise<number> => devnet.client.getTransactionCount({ address: account, blockTag: 'pending' })
  const actors = await Promise.all([1, 2].map((index) => createActor(devnet, devKey(index))))
  const channel = openChannel(devnet, { actors, balances: [10n, 20n], challengeDuration: 600n })
  const signed = signedStateFromAbi(await channel.signed(channel.state(1n)))
  const deadline = (await devnet.client.getBlock()).timestamp + 10_000n
  try {
    let left: readonly string[]
    {
      await using first = await run(devnet, path)
      first.backend.register(signed, [], { deadline }).catch(() => {})
      await until(async () => (await pending()) === 1)
      left = await first.journaled()
    }
    expect(left).toHaveLength(1)
    await devnet.anvil.dropPending()

    await using second = await run(devnet, path)
    for (let block = 0; block < 6; block++) {
      const head = await devnet.client.getBlockNumber({ cacheTime: 0 })
      await devnet.anvil.mine()
      await until(async () => (await second.backend.readRecord(signed.state.channelId)).block.number > head)
    }
    expect(await pending()).toBe(0)
    expect(await readDispute(devnet, channel.id)).toBeUndefined()

    // The engine decides again, and asks for the same.
    const sent = second.backend.register(signed, [], { deadline })
    await until(async () => (await pending()) === 1)
    await devnet.anvil.mine()
    expect((await sent).transactionHash).toBe(left[0])
  } finally {
    await rm(root, { recursive: true, force: true })
  }
})
