import { describe, expect, it } from 'vitest'
import { progresses, registers, testChannel } from '../../../src/testing/index.ts'
import { setup } from '../../support/setup.ts'

describe('a final state that waits together with one after it', () => {
  it('D3, D4: is refused or kept, but not acknowledged and forgotten', { timeout: 60_000 }, async () => {
    await using s = await setup()
    const root = testChannel({ duration: 60n, hasApp: true })
    const watch = await s.watch(root.signed(1n))
    const [final] = await Promise.allSettled([
      watch.publish(root.signed(3n, { isFinal: true })),
      watch.publish(root.signed(4n)),
    ])
    expect(final.status).toBe('fulfilled')
    await s.mine({ calls: [registers(root.signed(1n))], withPending: false })
    await s.mine({ seconds: 61n, withPending: false })
    await s.mine({ calls: [progresses(root.signed(1n), root.signed(2n))], withPending: false })
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(root.id)).toMatchObject({ version: 3n, phase: 'concluded' })
  })
})
