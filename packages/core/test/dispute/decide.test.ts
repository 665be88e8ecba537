import { describe, expect, it } from 'vitest'
import { decide } from '../../src/dispute/decide.ts'
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
