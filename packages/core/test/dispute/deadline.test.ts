import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { perunRules } from '../../src/adapter.ts'
import { isRegisteredElsewhere, overtime, refutationDeadline } from '../../src/dispute/deadline.ts'
import type { ChannelView, FamilyView } from '../../src/dispute/family.ts'
import type { OnChainRecord } from '../../src/index.ts'
import { type TestChannelOptions, testChannel } from '../../src/testing/index.ts'
import { held, randomFamily, roomy } from '../support/random-family.ts'

function registered(
  options: TestChannelOptions,
  timeout?: bigint,
  phase: OnChainRecord['phase'] = 'dispute',
): ChannelView {
  const channel = testChannel(options)
  return {
    id: channel.id,
    params: channel.params,
    newest: held(channel.signed(2n)),
    candidates: [held(channel.signed(2n))],
    record: timeout === undefined ? undefined : { version: 1n, phase, timeout, stateHash: undefined, blockNumber: 1n },
  }
}

/** A family around a root, long before anything ends. */
const under = (root: ChannelView, now = 0n): FamilyView => ({
  root,
  channels: new Map([[root.id, root]]),
  now,
  rules: perunRules,
  room: roomy,
})

describe('refutationDeadline', () => {
  const sub = registered({ kind: 'sub' }, 500n)

  it('is the timeout of a root, also of one with an app', () => {
    for (const hasApp of [false, true]) {
      const root = registered({ hasApp }, 300n)
      expect(refutationDeadline(root, under(root))).toBe(300n)
    }
  })

  it('is the earlier of the sub-channel timeout and the moment at which the root can be concluded', () => {
    expect(refutationDeadline(sub, under(registered({}, 300n)))).toBe(300n)
    expect(refutationDeadline(sub, under(registered({}, 700n)))).toBe(500n)
  })

  it('D8: is the timeout of the root also where it has an app, which could be played from then on', () => {
    const late = registered({ kind: 'sub' }, 10_000n)
    const app = { hasApp: true, duration: 150n }
    expect(refutationDeadline(late, under(registered(app, 300n)))).toBe(300n)
    expect(refutationDeadline(late, under(registered(app, 300n), 299n))).toBe(300n)
    // Nobody has played it yet: the next block may be the one.
    expect(refutationDeadline(late, under(registered(app, 300n), 301n))).toBe(301n + overtime)
    // Each move takes the state away below which ours could stand.
    expect(refutationDeadline(late, under(registered(app, 300n, 'forceExec'), 10n))).toBe(10n + overtime)
    expect(refutationDeadline(sub, under(registered(app, 10_000n), 0n))).toBe(500n)
  })

  it('is the own timeout below a root that is not registered, and there may be another root', () => {
    const root = registered({})
    expect(refutationDeadline(sub, under(root))).toBe(500n)
    expect(isRegisteredElsewhere(sub, root)).toBe(true)
    expect(isRegisteredElsewhere(sub, registered({}, 300n))).toBe(false)
    expect(isRegisteredElsewhere(registered({ kind: 'sub' }), root)).toBe(false)
    expect(isRegisteredElsewhere(root, root)).toBe(false)
  })

  it('lies ahead while a root could be concluded but nobody has done so yet', () => {
    const late = registered({ kind: 'sub' }, 10_000n)
    const deadline = refutationDeadline(late, under(registered({}, 300n), 300n))
    expect(deadline !== undefined && deadline > 300n && deadline < 10_000n).toBe(true)
    expect(refutationDeadline(sub, under(registered({}, 300n), 499n))).toBe(500n)
  })

  it('is nothing for a channel that is not registered', () => {
    expect(refutationDeadline(registered({ kind: 'sub' }), under(registered({}, 300n)))).toBeUndefined()
  })

  it('is never later than the own timeout', () => {
    fc.assert(
      fc.property(randomFamily, ({ view }) => {
        for (const channel of view.channels.values()) {
          const deadline = refutationDeadline(channel, view)
          if (deadline !== undefined) expect(deadline <= (channel.record?.timeout ?? -1n)).toBe(true)
          else expect(channel.record).toBeUndefined()
        }
      }),
      { numRuns: 300 },
    )
  })
})
