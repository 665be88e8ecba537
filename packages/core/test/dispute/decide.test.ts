import { describe, expect, it } from 'vitest'
import { decide, isUnsettled } from '../../src/dispute/decide.ts'
import type { ChannelView, FamilyView } from '../../src/dispute/family.ts'
import type { OnChainRecord, SignedState } from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'
import { stateHashOf } from '../support/fake-crypto.ts'
import { held } from '../support/random-family.ts'
import { family as familyAt, view } from '../support/views.ts'

const now = 1_000n

function recordOf({ state }: SignedState, more: Partial<OnChainRecord> = {}): OnChainRecord {
  const open = { phase: 'dispute', timeout: now + 100n, blockNumber: 7n } as const
  return { version: state.version, stateHash: stateHashOf(state), ...open, ...more }
}

const family = (root: ChannelView, ...others: readonly ChannelView[]): FamilyView => familyAt(root, others, now)

describe('decide', () => {
  const channel = testChannel()
  const old = recordOf(channel.signed(1n))

  it('answers an older record with the newest state, before its timeout', () => {
    const { action, problems } = decide(family(view(channel, channel.signed(4n), { record: old })))
    expect(problems).toEqual([])
    expect(action).toMatchObject({
      type: 'register',
      isRootRegistered: true,
      isUrgent: false,
      deadline: now + 100n,
      channel: { state: { version: 4n } },
      threats: [{ channelId: channel.id, registeredVersion: 1n, answerVersion: 4n, recordBlock: 7n }],
    })
  })

  it('rests while nothing is registered, or ours, or a newer state', () => {
    const newer = channel.signed(9n)
    for (const more of [
      {},
      { record: recordOf(channel.signed(4n)) },
      { record: recordOf(newer), registered: held(newer) },
    ]) {
      expect(decide(family(view(channel, channel.signed(4n), more)))).toEqual({ action: undefined, problems: [] })
    }
  })

  it('says that it is too late in the second at which the window closes, and not before', () => {
    const at = (timeout: bigint) => decide(family(view(channel, channel.signed(4n), { record: { ...old, timeout } })))
    expect(at(now + 1n).action).toBeDefined()
    expect(at(now).action).toBeUndefined()
    expect(at(now).problems).toMatchObject([{ channelId: channel.id, reason: 'too-late', deadline: now }])
  })

  it('says that everybody signed two states with the same version', () => {
    const rival = channel.signed(4n, { isFinal: true })
    const more = { record: recordOf(rival), registered: held(rival) }
    const { action, problems } = decide(family(view(channel, channel.signed(4n), more)))
    expect(action).toBeUndefined()
    expect(problems).toMatchObject([{ channelId: channel.id, reason: 'same-version' }])
  })

  it('concludes a final state over any older record, also over one that cannot be refuted any more', () => {
    const newest = channel.signed(4n, { isFinal: true })
    for (const more of [{}, { timeout: now - 50n }, { phase: 'forceExec' as const }]) {
      const { action } = decide(family(view(channel, newest, { record: { ...old, ...more } })))
      expect(action).toMatchObject({ type: 'concludeFinal', channel: { state: { version: 4n } } })
    }
    const concluded = decide(family(view(channel, newest, { record: { ...old, phase: 'concluded' } })))
    expect(concluded.action).toBeUndefined()
    expect(concluded.problems).toMatchObject([{ reason: 'too-late' }])
  })

  describe('D3: after a forced execution', () => {
    const app = testChannel({ hasApp: true })
    const newest = app.signed(9n, { isFinal: true })
    const played = (version: bigint, more: Partial<OnChainRecord> = {}) =>
      recordOf(app.signed(version), { phase: 'forceExec', ...more })

    it('a final state is concluded against any version, before its hash is known and after', () => {
      for (const version of [8n, 9n, 10n, 99n]) {
        for (const more of [{}, { stateHash: undefined }, { timeout: now - 1n }]) {
          const { action, problems } = decide(family(view(app, newest, { record: played(version, more) })))
          expect(action).toMatchObject({ type: 'concludeFinal', isUrgent: true, secondWay: undefined })
          expect(problems).toEqual([])
        }
      }
    })

    it('nothing is left to do where the moves led to exactly the final state', () => {
      const record = recordOf(newest, { phase: 'forceExec' })
      expect(decide(family(view(app, newest, { record })))).toEqual({ action: undefined, problems: [] })
    })

    it('a state with our version is not said to be signed by everybody', () => {
      const ours = app.signed(9n)
      const other = recordOf(app.signed(9n, { isFinal: true }), { phase: 'forceExec' })
      const { action, problems } = decide(family(view(app, ours, { record: other })))
      expect(action).toBeUndefined()
      expect(problems).toMatchObject([{ reason: 'too-late' }])
      // The log alone does not tell whether it is ours.
      const log = { ...other, stateHash: undefined }
      expect(decide(family(view(app, ours, { record: log }))).problems).toEqual([])
    })

    it('everything but a conclusion leaves the family open', () => {
      for (const record of [played(10n), played(3n), recordOf(app.signed(9n, { isFinal: true }))]) {
        const disputed = family(view(app, app.signed(9n), { record }))
        expect(isUnsettled(disputed, decide(disputed).problems)).toBe(true)
        const concluded = family(view(app, app.signed(9n), { record: { ...record, phase: 'concluded' } }))
        expect(isUnsettled(concluded, decide(concluded).problems)).toBe(false)
      }
    })
  })

  it('D3: concludes a final state over another one of its version, or a newer one, that everybody signed', () => {
    const newest = channel.signed(4n, { isFinal: true })
    for (const rival of [channel.signed(4n), channel.signed(7n)]) {
      const { action } = decide(family(view(channel, newest, { record: recordOf(rival) })))
      expect(action).toMatchObject({
        type: 'concludeFinal',
        isUrgent: false,
        secondWay: undefined,
        deadline: now + 100n,
      })
    }
  })

  it('D2: can register a final state as well while the window is open', () => {
    const newest = channel.signed(4n, { isFinal: true })
    const at = (timeout: bigint) => decide(family(view(channel, newest, { record: { ...old, timeout } }))).action
    const secondWay = {
      type: 'register',
      isRootRegistered: true,
      deadline: now + 1n,
      channel: { state: { version: 4n } },
    }
    expect(at(now + 1n)).toMatchObject({ type: 'concludeFinal', secondWay })
    expect(at(now)).toMatchObject({ type: 'concludeFinal', secondWay: undefined })
  })

  it('D8: hurries to conclude a final state once the app can be played, which may end and conclude it in one block', () => {
    const app = testChannel({ hasApp: true })
    const newest = app.signed(4n, { isFinal: true })
    const at = (timeout: bigint) =>
      decide(family(view(app, newest, { record: recordOf(app.signed(1n), { timeout }) }))).action
    expect(at(now + 50n)).toMatchObject({ isUrgent: false, deadline: now + 50n })
    expect(at(now)).toMatchObject({ isUrgent: true })
  })

  it('hurries to conclude a final state from the moment at which others may conclude', () => {
    const newest = channel.signed(4n, { isFinal: true })
    const urgencies = [now - 50n, now, now + 1n].map((timeout) => {
      const { action } = decide(family(view(channel, newest, { record: { ...old, timeout } })))
      return action?.isUrgent
    })
    expect(urgencies).toEqual([true, true, false])
  })

  it('registers a final state that still locks funds instead of concluding it', () => {
    const child = testChannel({ kind: 'sub', funds: 10n })
    const newest = channel.signed(4n, { isFinal: true, locks: [child] })
    const { action } = decide(family(view(channel, newest, { record: old }), view(child, child.signed(2n))))
    expect(action).toMatchObject({ type: 'register', subChannels: [{ state: { version: 2n } }] })
  })

  describe('with a sub-channel', () => {
    const child = testChannel({ kind: 'sub', funds: 10n, hasApp: true })
    const newest = channel.signed(4n, { locks: [child] })

    it('refutes the child below the root exactly as registered, even after the root window', () => {
      const root = view(channel, newest, { record: recordOf(newest, { timeout: now + 5n }) })
      const below = view(child, child.signed(8n), { record: recordOf(child.signed(1n)) })
      const { action } = decide(family(root, below))
      expect(action).toMatchObject({
        type: 'register',
        threats: [{ channelId: child.id }],
        // Concluding the root concludes the child, whatever its own window.
        deadline: now + 5n,
      })
    })

    it('is in a hurry when the child was registered below a root that we do not know', () => {
      const below = view(child, child.signed(8n), { record: recordOf(child.signed(1n)) })
      expect(decide(family(view(channel, newest), below)).action).toMatchObject({
        isUrgent: true,
        isRootRegistered: false,
      })
    })

    it('acts before an app below can be force-executed, which could make the root irrefutable', () => {
      const record = recordOf(child.signed(8n), { timeout: now + 30n })
      const below = view(child, child.signed(8n), { record })
      const { action } = decide(family(view(channel, newest, { record: old }), below))
      expect(action).toMatchObject({ deadline: now + 30n, threats: [{ channelId: channel.id, deadline: now + 100n }] })
    })

    it('names the channel that is in the way of a newer state', () => {
      const fallback = held(channel.signed(3n))
      const { action, problems } = decide(family(view(channel, newest, { record: old, fallback })))
      expect(action).toMatchObject({ channel: { state: { version: 3n } } })
      expect(problems).toMatchObject([{ channelId: channel.id, reason: 'sub-channel-unknown', blockedBy: child.id }])
    })

    it('names who is in danger when no tree can be built', () => {
      const { action, problems } = decide(family(view(channel, newest, { record: old })))
      expect(action).toBeUndefined()
      expect(problems).toMatchObject([{ channelId: channel.id, reason: 'sub-channel-unknown', blockedBy: child.id }])
    })

    it('registers the root before an app that stands elsewhere can be played, though nothing older is registered', () => {
      const stands = (timeout: bigint) =>
        view(child, child.signed(8n), { record: recordOf(child.signed(8n), { timeout }) })
      const { action } = decide(family(view(channel, newest), stands(now + 50n)))
      const threat = { channelId: child.id, registeredVersion: 8n, answerVersion: 8n, deadline: now + 50n }
      expect(action).toMatchObject({ type: 'register', isRootRegistered: false, isUrgent: false, threats: [threat] })
      expect(decide(family(view(channel, newest), stands(now - 1n))).action).toMatchObject({ isUrgent: true })
    })

    it('does not fear a move after a final state', () => {
      const final = child.signed(8n, { isFinal: true })
      const below = view(child, final, { record: recordOf(final, { timeout: now - 5n }) })
      expect(decide(family(view(channel, newest), below)).action).toBeUndefined()
    })

    it('opens its root with an older state only when half of the window has passed in vain for a missing one', () => {
      const fallback = held(channel.signed(3n))
      const at = (timeout: bigint) => {
        const below = view(child, child.signed(8n), { record: recordOf(child.signed(9n), { timeout }) })
        const other = testChannel({ kind: 'sub', funds: 10n })
        const both = channel.signed(4n, { locks: [child, other] })
        const stale = view(other, other.signed(8n), { record: recordOf(other.signed(1n), { timeout }) })
        const older = held(channel.signed(3n, { locks: [other] }))
        return decide(family(view(channel, both, { fallback: older }), below, stale))
      }
      expect(at(now + 301n).action).toBeUndefined()
      expect(at(now + 301n).problems).toContainEqual(
        expect.objectContaining({ channelId: channel.id, reason: 'state-unknown', blockedBy: child.id }),
      )
      expect(at(now + 300n).action).toMatchObject({ channel: { state: { version: 3n } }, isRootRegistered: false })
      // A root that is registered has no time to lose.
      const record = recordOf(channel.signed(1n), { timeout: now + 500n })
      const below = view(child, child.signed(8n), { record: recordOf(child.signed(9n), { timeout: now + 500n }) })
      const { action } = decide(family(view(channel, newest, { fallback, record }), below))
      expect(action).toMatchObject({ channel: { state: { version: 3n } } })
    })

    it('lets it be where the root is registered already, or where the channel has no app', () => {
      const stands = { record: recordOf(child.signed(8n)) }
      const root = view(channel, newest, { record: recordOf(newest) })
      expect(decide(family(root, view(child, child.signed(8n), stands))).action).toBeUndefined()
      const plain = testChannel({ kind: 'sub', funds: 10n })
      const above = view(channel, channel.signed(4n, { locks: [plain] }))
      const below = view(plain, plain.signed(8n), { record: recordOf(plain.signed(8n)) })
      expect(decide(family(above, below)).action).toBeUndefined()
    })
  })
})
