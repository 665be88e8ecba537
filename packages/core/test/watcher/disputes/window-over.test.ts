import { expect, it } from 'vitest'
import { silentLogger } from '../../../src/adapter.ts'
import { WatcherError } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

it.each([1n, 12n])('once a window is over, one line per channel says so, with blocks of %d s', async (seconds) => {
  const chain = modelChain()
  const lines: string[] = []
  const hear = (message: string): void => void lines.push(message)
  const logger = { ...silentLogger, info: hear, warn: hear, error: hear }
  let asked = 0
  /** Waits for a place until the chain's time is over, as a transaction manager without room does. */
  const register = async (
    _: unknown,
    __: unknown,
    { deadline, signal }: { deadline: bigint; signal?: AbortSignal },
  ) => {
    asked += 1
    while (chain.now < deadline) {
      signal?.throwIfAborted()
      await settle()
      await new Promise((resolve) => setImmediate(resolve))
    }
    throw new WatcherError('DEADLINE_PASSED', 'No block included the transaction in time.')
  }
  await using s = await setup({ chain, chainOverrides: { register }, logger })
  const channel = testChannel({ duration: 60n })
  const watch = await s.watch(channel.signed(1n))
  await watch.publish(channel.signed(5n))
  await s.mine({ calls: [registers(channel.signed(1n))], seconds })
  while (chain.now <= (chain.dispute(channel.id)?.timeout ?? 0n)) await s.mine({ seconds })
  const [askedBefore, linesBefore] = [asked, lines.length]
  expect(lines.filter((line) => line === 'Refutation failed')).toHaveLength(1)
  for (let blocks = 0; blocks < 20; blocks++) await s.mine({ seconds })
  expect(asked).toBe(askedBefore)
  expect(lines.slice(linesBefore)).toEqual([])
  expect(watch.told).toContain('endangered too-late')
})
