import { describe, expect, it } from 'vitest'
import type { RecordReading } from '../../../src/adapter.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

/** What the first reading of a watch says, which begins late in a dispute. */
type First = 'one block behind' | 'two blocks behind' | 'nothing, at the head'

async function play(first: First): Promise<bigint | undefined> {
  const behind = first === 'two blocks behind' ? 2 : 1
  const chain = modelChain()
  const before: RecordReading[] = []
  let lies = 0
  const other = testChannel()
  const channel = testChannel({ duration: 600n })
  await using s = await setup({
    chain,
    chainOverrides: {
      async readRecord(id, options) {
        const reading = await chain.readRecord(id, options)
        if (id !== channel.id || lies++ > 0) return reading
        return first === 'nothing, at the head' ? { ...reading, record: undefined } : (before.at(-behind) ?? reading)
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

describe('a watch that begins in a dispute, and is told at first what is not so', () => {
  it.each<First>(['one block behind', 'two blocks behind', 'nothing, at the head'])(
    'D7: %s: its newest state is registered',
    async (first) => {
      expect(await play(first)).toBe(5n)
    },
  )
})
