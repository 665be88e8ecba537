import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signedStateFromAbi } from '../../src/index.ts'
import { valueAtStake } from '../../src/value/value-at-stake.ts'
import { httpClient } from '../transactions/support/rpc.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet({ secondsPerBlock: 12 })
})
afterAll(() => devnet.stop())

it('the value of a channel is what the contract holds for it', async () => {
  const actors = await Promise.all([1, 2].map((index) => createActor(devnet, devKey(index))))
  const channel = openChannel(devnet, { actors, challengeDuration: 60n, balances: [5n, 7n] })
  const signed = signedStateFromAbi(await channel.signed(channel.state(1n)))
  const value = valueAtStake({
    client: httpClient(devnet.rpcUrl),
    chainId: BigInt(devnet.chainId),
    etherHolders: new Set([devnet.contracts.assetHolder.toLowerCase()]),
  })
  expect(await value(signed)).toBe(0n)
  await channel.fund()
  expect(await value(signed)).toBe(12n)
})
