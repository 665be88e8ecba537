import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { perunRules } from '../../src/adapter.ts'
import type { OnChainRecord, Params, SignedState } from '../../src/index.ts'
import {
  type ModelDispute,
  ModelRevert,
  modelAdjudicator,
  modelCrypto,
  modelStateHash,
  testChannel,
} from '../../src/testing/index.ts'
import { sign } from '../support/fake-crypto.ts'

const adjudicator = modelAdjudicator(modelCrypto)
const phases = ['dispute', 'forceExec', 'concluded'] as const

interface Situation {
  readonly params: Params
  readonly dispute: ModelDispute
  readonly record: OnChainRecord
  readonly signed: SignedState
  readonly now: bigint
}

const situation: fc.Arbitrary<Situation> = fc
  .record({
    hasApp: fc.boolean(),
    versions: fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3n)),
    isFinal: fc.boolean(),
    phase: fc.constantFrom(...phases),
    now: fc.bigInt(990n, 1_010n),
  })
  .map(({ hasApp, versions: [registered, version], isFinal, phase, now }) => {
    const channel = testChannel({ hasApp, duration: 5n })
    const stateHash = modelStateHash(channel.signed(registered).state)
    const dispute = { version: registered, phase, timeout: 1_000n, stateHash, challengeDuration: 5n, hasApp }
    const record = { version: registered, phase, timeout: 1_000n, stateHash, blockNumber: 1n }
    return { params: channel.params, dispute, record, signed: channel.signed(version, { isFinal }), now }
  })

/** Whether the model of the contract takes a call, and whether that changes anything. */
function outcome(before: ReadonlyMap<string, ModelDispute>, call: () => { readonly disputes: unknown }) {
  try {
    return call().disputes === before ? 'unchanged' : 'changed'
  } catch (error) {
    if (error instanceof ModelRevert) return 'refused'
    throw error
  }
}

describe("the rules of Perun's adjudicator", () => {
  it('admit what the contract takes', () => {
    fc.assert(
      fc.property(situation, ({ params, dispute, record, signed, now }) => {
        const held = { ...signed, hash: modelStateHash(signed.state) }
        const before = new Map([[signed.state.channelId, dispute]])
        const took = outcome(before, () => adjudicator.register(before, signed, [], now))
        const admitted = perunRules.admits(params, record, held, now)
        expect({ refused: took === 'refused', changes: took === 'changed' }).toEqual({
          refused: admitted === 'refused',
          changes: admitted === 'replaces',
        })
        expect(perunRules.admits(params, undefined, held, now)).toBe('new')
        const until = perunRules.refutableUntil(record)
        if (admitted === 'replaces') expect(until).toBeGreaterThan(now)
        if (until !== undefined && now >= until) expect(admitted).not.toBe('replaces')
      }),
    )
  })

  it('say whether the window begins anew with a newer state, as it does in the contract', () => {
    fc.assert(
      fc.property(situation, ({ dispute, signed, now }) => {
        const { channelId, isFinal, version } = signed.state
        fc.pre(dispute.phase === 'dispute' && now < dispute.timeout && version > dispute.version)
        // A final state ends it.
        fc.pre(!isFinal)
        const { disputes } = adjudicator.register(new Map([[channelId, dispute]]), signed, [], now)
        const began = perunRules.replacingRestartsWindow ? now : dispute.timeout - dispute.challengeDuration
        expect(disputes.get(channelId)?.timeout).toBe(began + dispute.challengeDuration)
      }),
    )
  })

  it('say when the contract concludes', () => {
    fc.assert(
      fc.property(situation, ({ params, dispute, record, signed, now }) => {
        fc.pre(dispute.phase !== 'concluded')
        const { state } = signed
        const before = new Map([[state.channelId, { ...dispute, stateHash: modelStateHash(state) }]])
        const took = outcome(before, () => adjudicator.conclude(before, signed, [], now))
        expect(took !== 'refused').toBe(perunRules.concludableAt(params, record) <= now)
      }),
    )
  })

  it('take what only the log tells for the state of its version, except after a move', () => {
    fc.assert(
      fc.property(situation, ({ params, record, signed, now }) => {
        fc.pre(signed.state.version === record.version)
        const held = { ...signed, hash: modelStateHash(signed.state) }
        const admitted = perunRules.admits(params, { ...record, stateHash: undefined }, held, now)
        expect(admitted).toBe(record.phase === 'forceExec' ? 'refused' : 'repeats')
      }),
    )
  })

  it('say when an app can be played', () => {
    fc.assert(
      fc.property(situation, fc.bigInt(-12n, 12n), ({ dispute, record, now: early }, later) => {
        const channel = testChannel({ hasApp: true, duration: 5n })
        const [stateOld, { state }] = [channel.signed(record.version).state, channel.signed(record.version + 1n)]
        const before = new Map([[channel.id, { ...dispute, hasApp: true, stateHash: modelStateHash(stateOld) }]])
        const now = early + later
        const sig = sign(channel.params.participants[0]?.address ?? '0x', state)
        const move = { params: channel.params, stateOld, state, actorIdx: 0, sig }
        const took = outcome(before, () => adjudicator.progress(before, move, now))
        const play = perunRules.playable(channel.params, record)
        const isOpen = play !== undefined && play.from <= now && (play.until === undefined || now < play.until)
        expect(took !== 'refused').toBe(isOpen)
      }),
    )
  })

  it('say until when a final state settles a channel, whatever stands', () => {
    fc.assert(
      fc.property(situation, ({ dispute, signed, now }) => {
        fc.pre(signed.state.isFinal)
        const before = new Map([[signed.state.channelId, dispute]])
        const took = outcome(before, () => adjudicator.concludeFinal(before, signed, now))
        expect(perunRules.finalWins).toBe('until-concluded')
        expect(took !== 'refused').toBe(dispute.phase !== 'concluded')
      }),
    )
  })
})
