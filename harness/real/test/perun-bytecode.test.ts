import { createActor, devKey, openChannel, readDispute, startDevnet } from '@perun-watcher/devnet'
import { expect, test } from 'vitest'
import { perunBytecode } from '../src/perun-bytecode.ts'

test('a devnet runs on the bytecode that Go fetches', async ({ skip }) => {
  const bytecode = await perunBytecode()
  if ('missing' in bytecode) return skip(bytecode.missing)
  await using devnet = await startDevnet({
    automine: false,
    code: { Adjudicator: bytecode.adjudicator, AssetHolderETH: bytecode.assetHolderEth },
  })
  const [alice, bob] = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))]
  const channel = openChannel(devnet, { actors: [alice, bob], balances: [10n, 20n], challengeDuration: 60n })
  await devnet.confirm(alice.register(await channel.signed(channel.state(3n))))
  expect((await readDispute(devnet, channel.id))?.version).toBe(3n)
  const code = await devnet.client.getCode({ address: devnet.contracts.adjudicator })
  // What runs is what the creation code holds, not the devnet's own.
  expect(bytecode.adjudicator).toContain(code?.slice(2))
})
