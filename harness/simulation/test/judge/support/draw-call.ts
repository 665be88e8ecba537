import { parseSignature, type SignedState, type State } from '@perun-watcher/core'
import { type ModelDisputes, type ModelResult, modelAdjudicator } from '@perun-watcher/core/testing'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Contract } from '../../../src/judge/contract/contract.ts'
import type { Answer, Outcome, Records } from '../../../src/judge/contract/records.ts'
import { type Channel, openChannel } from '../../../src/parties/channels/channel.ts'
import { accomplice, cheater } from '../../../src/parties/channels/members.ts'
import { simCrypto, simSignature, simSigned } from '../../../src/world/crypto.ts'

/** What the model paid since somebody took it out last. */
const paid: Outcome[number][] = []

export const takePaid = (): Outcome => paid.splice(0)
const model = modelAdjudicator(simCrypto, {
  moveFault: () => undefined,
  holds: () => true,
  payoutFault({ balances }) {
    paid.push(balances)
    return undefined
  },
})

/** One call, to be made to both. */
export interface Call {
  readonly name: 'register' | 'progress' | 'conclude' | 'concludeFinal'
  readonly ofModel: (records: ModelDisputes, now: bigint) => ModelResult
  readonly ofJudge: (judge: Contract, records: Records, now: bigint) => Answer
}

function signNext(own: Dice, channel: Channel, locks: readonly Channel[]): void {
  channel.update({
    isFinal: own.chance(0.2),
    skip: own.int(0, 1),
    ...(own.chance(0.2) ? { locks: own.chance(0.5) ? [] : locks } : {}),
    hasWrongLocks: own.chance(0.05),
  })
  if (own.chance(0.1)) channel.addRival()
  if (own.chance(0.1)) channel.addOtherFunds(channel.newest.state.version + 1n)
}

/** Channels that lock each other, and calls that are nearly right. */
export function scene(own: Dice) {
  let nonce = 0n
  const open = (kind: 'ledger' | 'sub' | 'virtual', locks: readonly Channel[] = []): Channel => {
    nonce += 1n
    const funds = own.pick([10n, 100n]) + locks.reduce((sum, { plan }) => sum + plan.funds, 0n)
    const members = own.chance(0.2) ? { members: [cheater, accomplice] } : {}
    const hasApp = own.chance(kind === 'virtual' ? 0.1 : 0.4)
    const duration = own.pick([0n, 1n, 3n, 5n, 2n ** 64n + 2n, 2n ** 64n - 1n])
    const channel = openChannel({ kind, duration, hasApp, funds, nonce, ...members }, locks)
    for (let count = own.int(0, 4); count > 0; count--) signNext(own, channel, locks)
    return channel
  }
  const low = open('sub')
  const below = [open('sub', [low]), open(own.pick(['sub', 'virtual']))]
  const roots = [open('ledger', below), open('ledger', below.slice(0, own.int(0, 2)))]
  const channels = [...roots, ...below, low]
  const byId = new Map(channels.map((channel) => [channel.id, channel]))
  const played: SignedState[] = []

  const anyOf = ({ states, strays }: Channel): SignedState =>
    own.pick(own.chance(0.9) ? states : [...states, ...strays])

  function standing(channel: Channel, records: Records): SignedState | undefined {
    const all = [...channel.states, ...channel.strays, ...played]
    return all.find(({ state }) => records.get(channel.id)?.stateHash === simCrypto.stateHash(state))
  }

  const likely = (channel: Channel, records: Records): SignedState => {
    const stands = standing(channel, records)
    return stands !== undefined && own.chance(0.7) ? stands : anyOf(channel)
  }

  function treeBelow({ state }: SignedState, records: Records): readonly SignedState[] {
    return state.outcome.locked.flatMap(({ channelId }) => {
      const channel = byId.get(channelId)
      if (channel === undefined) return []
      const signed = likely(channel, records)
      return [signed, ...treeBelow(signed, records)]
    })
  }

  /** Mostly as it is. */
  function spoilt(signed: SignedState): SignedState {
    if (own.chance(0.93)) return signed
    const { params, state, sigs } = signed
    const { outcome } = state
    const odd = (balances: State['outcome']['balances']) =>
      simSigned(params, { ...state, outcome: { ...outcome, balances } })
    return own.pick([
      () => ({ ...signed, sigs: sigs.slice(1) }),
      () => ({ ...signed, sigs: [...sigs].reverse() }),
      () => ({ ...signed, params: { ...params, nonce: params.nonce + 99n } }),
      () => odd([...outcome.balances, [1n, 2n]]),
      () => odd(outcome.balances.slice(1)),
      () => odd(outcome.balances.map((row) => row.map(() => 2n ** 255n))),
    ])()
  }

  const disordered = <T>(items: readonly T[]): readonly T[] =>
    own.chance(0.9) ? items : own.pick([items.slice(1), [...items].reverse(), [...items, ...items], []])

  function register(records: Records): Call {
    const root = spoilt(likely(own.chance(0.95) ? own.pick(roots) : own.pick(channels), records))
    const subs = disordered(treeBelow(root, records).map(spoilt))
    return {
      name: 'register',
      ofModel: (before, now) => model.register(before, root, subs, now),
      ofJudge: (judge, before, now) => judge.register(before, root, subs, now),
    }
  }

  function progress(records: Records): Call {
    const channel = own.pick(channels)
    const { params } = channel
    const { state: stateOld } = likely(channel, records)
    const actorIdx = own.int(0, own.chance(0.9) ? 1 : 3)
    const version = stateOld.version + (own.chance(0.9) ? 1n : 2n)
    const state: State = { ...stateOld, version, isFinal: own.chance(0.2) }
    const signer = own.chance(0.9) ? params.participants[actorIdx]?.address : cheater
    const sig = signer === undefined ? parseSignature(`0x${'11'.repeat(65)}`) : simSignature(signer, state)
    played.push({ params, state, sigs: [] })
    const move = { params, stateOld, state, actorIdx, sig }
    return {
      name: 'progress',
      ofModel: (before, now) => model.progress(before, move, now),
      ofJudge: (judge, before, now) => judge.progress(before, move, now),
    }
  }

  function conclude(records: Records): Call {
    const root = likely(own.chance(0.95) ? own.pick(roots) : own.pick(channels), records)
    const states = disordered(treeBelow(root, records).map(({ state }) => state))
    return {
      name: 'conclude',
      ofModel: (before, now) => model.conclude(before, root, states, now),
      ofJudge: (judge, before, now) => judge.conclude(before, root, states, now),
    }
  }

  function concludeFinal(): Call {
    const finals = channels.flatMap(({ states }) => states).filter(({ state }) => state.isFinal)
    const final = spoilt(finals.length > 0 && own.chance(0.9) ? own.pick(finals) : anyOf(own.pick(channels)))
    return {
      name: 'concludeFinal',
      ofModel: (before, now) => model.concludeFinal(before, final, now),
      ofJudge: (judge, before, now) => judge.concludeFinal(before, final, now),
    }
  }

  return (records: Records): Call =>
    own.pick([register, register, register, progress, conclude, concludeFinal])(records)
}
