import { describe, expect, it } from 'vitest'
import { parseClientName } from '../../../src/index.ts'
import { registers, testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

const families = 300

describe('a stranger who watched a shared channel below many roots of theirs, and left', () => {
  it('D10: does not cost a decision of each for every state of its owner', { timeout: 120_000 }, async () => {
    await using s = await setup()
    const home = testChannel()
    const shared = testChannel({ kind: 'virtual', funds: 10n })
    await s.watch(home.signed(1n, { locks: [shared] }), undefined, 'hub')
    const ours = await s.watch(shared.signed(1n), home, 'hub')
    for (let n = 0; n < families; n++) {
      const root = testChannel()
      await s.watch(root.signed(1n, { locks: [shared] }), undefined, 'hostile')
      await s.watch(shared.signed(1n), root, 'hostile')
    }
    await s.engine.stopWatching(shared.id, { client: parseClientName('hostile') })
    const foreign = testChannel().signed(1n, { locks: [shared] })
    await s.mine({ calls: [registers(foreign, [shared.signed(0n)])], withPending: false })
    for (let n = 0; n < 20; n++) await settle()
    const before = s.engine.stats.decisions
    for (let version = 2n; version < 12n; version++) {
      await ours.publish(shared.signed(version))
      await settle()
      await settle()
    }
    expect(s.engine.stats.decisions - before).toBeLessThan(10 * 10)
  })
})
