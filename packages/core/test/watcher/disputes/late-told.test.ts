import { describe, expect, it } from 'vitest'
import type { RegistererSubscriber } from '../../../src/adapter.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

/** An old state is registered, and no block comes any more. What the client has heard of lateness by the clock. */
async function lateOnFrozenChain(register: RegistererSubscriber['register'], seconds: number) {
  await using s = await setup({ chainOverrides: { register } })
  const channel = testChannel({ duration: 600n })
  const watch = await s.watch(channel.signed(1n))
  await watch.publish(channel.signed(5n))
  await s.mine({ calls: [registers(channel.signed(1n))] })
  for (let passed = 0; passed < seconds; passed += 30) {
    await s.clock.pass(30_000)
    await settle()
  }
  return watch.events.flatMap((event) =>
    event.type === 'endangered' && event.reason === 'late' ? [[event.secondsLeft, event.detail] as const] : [],
  )
}

const never = (): Promise<never> => new Promise(() => {})

describe('an answer that is late', () => {
  it('is told once while the chain stands still, by the clock, and that it was sent', async () => {
    const [told, ...more] = await lateOnFrozenChain(async (_channel, _others, { onSent }) => {
      onSent?.()
      return await never()
    }, 600)
    expect(more).toEqual([])
    expect(told?.[0]).toBeLessThan(150n)
    expect(told?.[0]).toBeGreaterThan(60n)
    expect(told?.[1]).toMatch(/It was sent, and its fees rise/)
  })

  it('is not said to cost more by what never was sent', async () => {
    const told = await lateOnFrozenChain(never, 600)
    expect(told.map(([, detail]) => detail)).toEqual([
      'Nothing is known to be sent: it waits for others, for money, or for an endpoint that takes it. No refutation is included yet.',
    ])
  })

  it('is not told early', async () => {
    expect(await lateOnFrozenChain(never, 420)).toEqual([])
  })
})
