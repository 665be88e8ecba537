import { describe, expect, it } from 'vitest'
import type { RecordReading } from '../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../src/testing/index.ts'
import { setup } from '../support/setup.ts'

/** The first reading of a watch that begins late in a dispute comes from an endpoint that is so many blocks behind. */
async function play(behind: number): Promise<bigint | undefined> {
  const chain = modelChain()
  const before: RecordReading[] = []
  let lies = 0
  const other = testChannel()
  const channel = testChannel({ duration: 600n })
  await using s = await setup({
    chain,
    chainOverrides: {
      async readRecord(id, options) {
        const old = before.at(-behind)
        if (id === channel.id && lies++ === 0 && old !== undefined) return old
        return await chain.readRecord(id, options)
      },
    },
  })
  async function pass(options: Parameters<typeof s.mine>[0] = {}): Promise<void> {
    before.push(await chain.readRecord(channel.id))
    await s.mine(options)
  }
  await s.watch(other.signed(1n))
  // So that the sweep does not come between the beginning of the watch and the end.
  for (let block = 0; block < 19; block++) await pass()
  await pass({ calls: [registers(channel.signed(1n))] })
  for (let block = 1; block < behind; block++) await pass()
  await s.watch(channel.signed(5n))
  for (let block = 0; block < 6; block++) await pass()
  expect(lies).toBeGreaterThan(0)
  return chain.dispute(channel.id)?.version
}

describe('a watch that begins in a dispute, read at first by an endpoint that is behind', () => {
  it.each([1, 2])('D7: by %i blocks: its newest state is registered', async (behind) => {
    expect(await play(behind)).toBe(5n)
  })
})
