import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AdjudicatorRules, perunRules } from '../../src/adapter.ts'
import { isAtMercy, overtime } from '../../src/dispute/deadline.ts'
import { decide, owedConclusion } from '../../src/dispute/decide.ts'
import { planTree } from '../../src/dispute/plan-tree.ts'
import type { OnChainRecord, SignedState } from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'
import { stateHashOf } from '../support/fake-crypto.ts'
import { held, randomFamily } from '../support/random-family.ts'
import { family, view } from '../support/views.ts'

/*
 * Decisions follow the rules that the backend brings: each difference between two ledgers is tried here on its own. The rules
 * of Perun's contract are tried everywhere else.
 */

const now = 1_000n
const channel = testChannel()
const app = testChannel({ hasApp: true, duration: 50n })

const recordOf = ({ state }: SignedState, more: Partial<OnChainRecord> = {}): OnChainRecord => ({
  version: state.version,
  stateHash: stateHashOf(state),
  phase: 'dispute',
  timeout: now + 100n,
  blockNumber: 7n,
  ...more,
})

const rulesWith = (more: Partial<AdjudicatorRules>): AdjudicatorRules => ({ ...perunRules, ...more })

const old = recordOf(channel.signed(1n))
const final = channel.signed(4n, { isFinal: true })

/** A record stays open until somebody closes it, whatever its timeout says, which is only when that may be first. */
const untilConcluded = rulesWith({
  admits: (params, record, state, at) =>
    perunRules.admits(params, record && { ...record, timeout: at + 1n }, state, at),
  refutableUntil: ({ phase }) => (phase === 'dispute' ? undefined : 0n),
})

describe('a ledger on which a record can be replaced until somebody concludes', () => {
  const at = (timeout: bigint, rules: AdjudicatorRules) =>
    decide(family(view(channel, channel.signed(4n), { record: { ...old, timeout } }), [], now, rules))

  it('is answered before the timeout by the same deadline', () => {
    const action = { type: 'register', deadline: now + 10n, isUrgent: false }
    for (const rules of [perunRules, untilConcluded]) expect(at(now + 10n, rules).action).toMatchObject(action)
  })

  it('is answered after the timeout as well, at once', () => {
    for (const timeout of [now, now - 900n]) {
      expect(at(timeout, perunRules)).toMatchObject({ action: undefined, problems: [{ reason: 'too-late' }] })
      expect(at(timeout, untilConcluded)).toMatchObject({
        action: { type: 'register', deadline: now + overtime, isUrgent: true },
        problems: [],
      })
    }
  })

  it('is over once it is concluded', () => {
    const record = { ...old, phase: 'concluded' } as const
    const decision = decide(family(view(channel, channel.signed(4n), { record }), [], now, untilConcluded))
    expect(decision).toMatchObject({ action: undefined, problems: [{ reason: 'too-late' }] })
  })
})

describe('a ledger on which the timeout is the last instant, not the first one too late', () => {
  const inclusive = rulesWith({
    admits: (params, record, state, at) =>
      perunRules.admits(params, record && { ...record, timeout: record.timeout + 1n }, state, at),
    refutableUntil: (record) => (record.phase === 'dispute' ? record.timeout + 1n : 0n),
    concludableAt: (params, record) => perunRules.concludableAt(params, record) + 1n,
  })

  it('is answered in that instant', () => {
    const record = { ...old, timeout: now }
    const root = view(channel, channel.signed(4n), { record })
    expect(decide(family(root, [], now, perunRules)).action).toBeUndefined()
    expect(decide(family(root, [], now, inclusive)).action).toMatchObject({ type: 'register', deadline: now + 1n })
    expect(decide(family(root, [], now + 1n, inclusive)).action).toBeUndefined()
  })
})

describe('what a final state wins against', () => {
  const decideOn = (finalWins: AdjudicatorRules['finalWins'], more: Partial<OnChainRecord>) =>
    decide(family(view(channel, final, { record: { ...old, ...more } }), [], now, rulesWith({ finalWins }))).action

  it('everything until all is withdrawn: also another conclusion', () => {
    expect(decideOn('until-concluded', { phase: 'concluded' })).toBeUndefined()
    expect(decideOn('until-withdrawn', { phase: 'concluded' })).toMatchObject({
      type: 'concludeFinal',
      deadline: now + overtime,
      isUrgent: true,
      secondWay: undefined,
    })
    expect(decideOn('until-withdrawn', {})).toMatchObject({ type: 'concludeFinal', deadline: now + 100n })
  })

  it('nothing: then it is registered like any other, and its conclusion is owed to nobody', () => {
    expect(decideOn('until-concluded', {})).toMatchObject({ type: 'concludeFinal' })
    expect(decideOn('never', {})).toMatchObject({ type: 'register', channel: { state: { version: 4n } } })
    expect(decideOn('never', { timeout: now })).toBeUndefined()
    const standing = view(channel, final, { record: recordOf(final) })
    expect(owedConclusion(family(standing, [], now, perunRules))).toMatchObject({ type: 'concludeFinal' })
    expect(owedConclusion(family(standing, [], now, rulesWith({ finalWins: 'never' })))).toBeUndefined()
  })
})

describe('a ledger that refuses what it holds already', () => {
  it('is sent no tree that would repeat a state', () => {
    const sub = testChannel({ kind: 'sub' })
    const subView = view(sub, sub.signed(1n), { record: recordOf(sub.signed(1n)) })
    const root = view(channel, channel.signed(4n, { locks: [sub] }), { record: old })
    const noRepeats = rulesWith({
      admits(...args) {
        const admitted = perunRules.admits(...args)
        return admitted === 'repeats' ? 'refused' : admitted
      },
    })
    expect(planTree(family(root, [subView], now)).type).toBe('tree')
    expect(planTree(family(root, [subView], now, noRepeats))).toMatchObject({ type: 'obstructed' })
  })
})

describe('a ledger without trees', () => {
  it('is sent no state that locks anything, but an older one without', () => {
    const noTrees = rulesWith({ trees: false })
    fc.assert(
      fc.property(randomFamily, ({ view: random }) => {
        const plan = planTree({ ...random, rules: noTrees })
        if (plan.type === 'tree') expect(plan.nodes.map(({ held: { state } }) => state.outcome.locked)).toEqual([[]])
      }),
    )
    const sub = testChannel({ kind: 'sub' })
    const fallback = held(channel.signed(3n))
    const root = view(channel, channel.signed(4n, { locks: [sub] }), { record: old, fallback })
    const at = (rules: AdjudicatorRules) => decide(family(root, [view(sub, sub.signed(1n))], now, rules)).action
    expect(at(perunRules)).toMatchObject({ channel: { state: { version: 4n } } })
    expect(at(noTrees)).toMatchObject({ channel: { state: { version: 3n } }, subChannels: [] })
  })
})

describe('a ledger that plays no apps, or plays them at other times', () => {
  const sub = testChannel({ kind: 'sub', hasApp: true, duration: 50n })
  const standing = view(sub, sub.signed(1n), { record: recordOf(sub.signed(1n)) })
  const root = view(channel, channel.signed(4n, { locks: [sub] }))
  const at = (more: Partial<AdjudicatorRules>) => decide(family(root, [standing], now, rulesWith(more))).action

  it('threatens no root by a play', () => {
    // Registered below a root that is not ours: once it is played, ours could not be registered any more.
    expect(at({})).toMatchObject({ threats: [{ channelId: sub.id, deadline: now + 100n }] })
    expect(at({ apps: false })).toBeUndefined()
    expect(at({ playable: () => undefined })).toBeUndefined()
  })

  it('is answered before the first move can be made', () => {
    expect(at({ playable: () => ({ from: now + 30n, until: undefined }) })).toMatchObject({ deadline: now + 30n })
    expect(at({ playable: () => ({ from: 0n, until: undefined }) })).toMatchObject({ isUrgent: true })
    expect(at({ playable: () => ({ from: 0n, until: now }) })).toBeUndefined()
  })

  it('counts a record as open to be taken from the first move on', () => {
    const record = recordOf(app.signed(1n))
    const played = view(app, app.signed(4n), { record })
    const early = rulesWith({ playable: () => ({ from: now, until: undefined }) })
    expect(isAtMercy(played, { rules: perunRules, now })).toBe(false)
    expect(isAtMercy(played, { rules: early, now })).toBe(true)
    expect(isAtMercy(played, { rules: { ...early, apps: false }, now })).toBe(false)
  })
})
