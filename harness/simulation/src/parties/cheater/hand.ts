import type { ChannelId, SignedState } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Milestone } from '../../coverage/milestones.ts'
import { simStateHash } from '../../world/crypto.ts'
import type { Ledger, ModelCall } from '../../world/ledger.ts'
import type { Scheduler } from '../../world/scheduler.ts'
import { describeStates, type Trace } from '../../world/trace.ts'
import { type Channel, openChannel } from '../channels/channel.ts'
import { accomplice, cheater } from '../channels/members.ts'
import type { Family } from '../families.ts'

export type Move = Extract<Milestone, `cheat: ${string}`>

/** One call of the contract, and the states that it shows. */
export interface CheatCall {
  readonly call: ModelCall
  readonly states: readonly SignedState[]
}

/** What the cheater holds: every state that was ever signed, also those that the client does not know, and own channels. */
export interface Hand {
  readonly family: Family
  readonly dice: Dice
  readonly time: Scheduler
  readonly trace: Trace
  readonly ledger: Ledger
  /** Ledger channels of its own, unfunded, that lock channels of the family. */
  readonly ownRoots: readonly Channel[]
  /** A new one. `duration`: seconds. */
  ownRoot(locks: readonly Channel[], duration: bigint): Channel
  /** A random state of a channel; old ones more often than not, at times one beside the others. */
  someState(channel: Channel): SignedState
  /** The same, but a channel that others sign alone may get other funds: then no lock of ours fits it any more. */
  someStateOrStray(channel: Channel): SignedState
  /** A tree of states that fits together, without its root. */
  treeBelow(root: SignedState, choose: (channel: Channel) => SignedState): readonly SignedState[]
  /** The state that stands for a channel. */
  standing(channel: Channel): SignedState | undefined
  /** The states that stand below a registered root, or nothing where one of them is unknown. */
  standingBelow(root: SignedState): readonly SignedState[] | undefined
  /** Only the cheater signed it, by playing an app. */
  notePlay(channel: Channel, signed: SignedState): void
  register(root: SignedState, choose: (channel: Channel) => SignedState): CheatCall
  /** `undefined`: a state below is unknown. */
  conclude(root: SignedState): CheatCall | undefined
  /** Whether the contract would take it now. */
  isTaken({ call }: CheatCall): boolean
  submit(what: Move, made: CheatCall, options?: { readonly isHidden?: boolean; readonly isInFront?: boolean }): void
}

export interface HandDeps extends Pick<Hand, 'dice' | 'time' | 'trace' | 'ledger'> {
  /** Seconds of the chain's clock, now. */
  readonly clock: () => bigint
}

export function hand(family: Family, deps: HandDeps): Hand {
  const { dice, trace, ledger, clock } = deps
  const channels = [...family.channels, ...(family.foreign === undefined ? [] : [family.foreign])]
  const byId = new Map<ChannelId, Channel>(channels.map((channel) => [channel.id, channel]))
  const played = new Map<ChannelId, SignedState[]>()
  const ownRoots: Channel[] = []

  function someState(channel: Channel): SignedState {
    if (channel.strays.length > 0 && dice.chance(0.1)) return dice.pick(channel.strays)
    return dice.chance(0.3) ? channel.newest : dice.pick(channel.states)
  }

  function treeBelow(root: SignedState, choose: (channel: Channel) => SignedState): readonly SignedState[] {
    return root.state.outcome.locked.flatMap((lock) => {
      const channel = byId.get(lock.channelId)
      if (channel === undefined) return []
      const signed = choose(channel)
      return [signed, ...treeBelow(signed, choose)]
    })
  }

  function standing(channel: Channel): SignedState | undefined {
    const dispute = ledger.dispute(channel.id)
    if (dispute === undefined) return undefined
    const all = [...channel.states, ...channel.strays, ...(played.get(channel.id) ?? [])]
    const candidates = all.filter(({ state }) => state.version === dispute.version)
    return candidates.find(({ state }) => simStateHash(state) === dispute.stateHash)
  }

  function standingBelow(root: SignedState): readonly SignedState[] | undefined {
    const tree: SignedState[] = []
    for (const lock of root.state.outcome.locked) {
      const channel = byId.get(lock.channelId)
      const signed = channel && standing(channel)
      const below = signed && standingBelow(signed)
      if (signed === undefined || below === undefined) return undefined
      tree.push(signed, ...below)
    }
    return tree
  }

  return {
    ...deps,
    family,
    ownRoots,
    ownRoot(locks, duration) {
      const nonce = 10n ** 15n + family.root.params.nonce * 1000n + BigInt(ownRoots.length)
      const funds = locks.reduce((sum, { plan }) => sum + plan.funds, 1n)
      const { assets } = family.root.plan
      const members = [cheater, accomplice]
      const plan = { kind: 'ledger', duration, hasApp: false, funds, nonce, members } as const
      const opened = openChannel(assets === undefined ? plan : { ...plan, assets }, locks)
      ownRoots.push(opened)
      byId.set(opened.id, opened)
      return opened
    },
    someState,
    someStateOrStray(channel) {
      if (!channel.isTheirs || !dice.chance(0.3)) return someState(channel)
      trace.meet('cheat: signs other funds')
      return channel.addOtherFunds(channel.newest.state.version + BigInt(dice.int(1, 1_000)))
    },
    treeBelow,
    standing,
    standingBelow,
    notePlay(channel, signed) {
      played.set(channel.id, [...(played.get(channel.id) ?? []), signed])
    },
    register(root, choose) {
      const subs = treeBelow(root, choose)
      const call: ModelCall = (adjudicator, before, now) => adjudicator.register(before, root, subs, now)
      return { call, states: [root, ...subs] }
    },
    conclude(root) {
      const subs = standingBelow(root)
      const states = subs?.map(({ state }) => state)
      if (states === undefined) return undefined
      return { call: (adjudicator, before, now) => adjudicator.conclude(before, root, states, now), states: [] }
    },
    isTaken: ({ call }) => ledger.tryCall(call, ledger.head, clock()) === undefined,
    submit(what, { call, states }, { isHidden = states.length === 0 || dice.chance(0.3), isInFront = false } = {}) {
      trace.say(`${what}${isHidden ? ' (hidden)' : ''} ${describeStates(states)}`)
      trace.meet(what)
      ledger.submit(call, { calldata: isHidden ? [] : states, isInFront })
    },
  }
}
