import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import type { AdjudicatorEvent } from '@perun-watcher/core'
import { createActor, devKey, openChannel, readDispute, readHoldings, startDevnet } from '@perun-watcher/devnet'
import { anvil } from 'viem/chains'
import { expect, onTestFinished, test } from 'vitest'
import { guard } from '../src/guard.ts'

/** More blocks than a reorg may remove. */
const finalityDepth = 64

test('the channel of the example is defended until it is concluded', async () => {
  await using devnet = await startDevnet({ blockTime: 1 })
  const path = await mkdtemp(join(tmpdir(), 'guard-'))
  onTestFinished(() => rm(path, { recursive: true }))
  const alice = await createActor(devnet, devKey(1))
  const mallory = await createActor(devnet, devKey(2))
  const channel = openChannel(devnet, { actors: [alice, mallory], balances: [40n, 60n], challengeDuration: 600n })
  await devnet.confirmAll(await channel.fund())
  const opening = await channel.signed(channel.state(0n))
  const newest = await channel.signed(channel.state(2n, { balances: [90n, 10n] }))

  const told: AdjudicatorEvent['type'][] = []
  let onRefuted: () => void = () => {}
  const refuted = new Promise<void>((resolve) => {
    onRefuted = resolve
  })
  const guarding = guard({
    chain: anvil,
    rpcUrl: devnet.rpcUrl,
    adjudicator: devnet.contracts.adjudicator,
    privateKey: devKey(3),
    path,
    opening: signedStateFromAbi(opening),
    newest: transactionFromAbi(newest),
    onEvent: (event) => {
      told.push(event.type)
      if (event.type === 'refuted') onRefuted()
    },
  })
  await devnet.confirm(mallory.register(opening))
  await Promise.race([refuted, guarding])

  const record = await readDispute(devnet, channel.id)
  expect(record?.version).toBe(2n)
  await devnet.anvil.mine({ timestamp: record?.timeout ?? 0n })
  await devnet.confirm(mallory.conclude(newest))
  await devnet.anvil.mine({ blocks: finalityDepth })
  await guarding

  expect(told).toContain('registered')
  expect(told.at(-1)).toBe('concluded')
  const paid = [alice, mallory].map(({ address }) => readHoldings(devnet, channel.id, address))
  expect(await Promise.all(paid)).toEqual([90n, 10n])
})
