import type { ChannelId, SignedState } from '@perun-watcher/core'
import { modelSignature, modelSigned, modelStateHash } from '@perun-watcher/core/testing'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Milestone } from '../coverage/milestones.ts'
import type { Ledger, ModelCall } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'
import { describeStates, type Trace } from '../world/trace.ts'
import { type Channel, type Family, openChannel } from './families.ts'

/** Somebody who plays every move that the contract allows. */
export interface Cheater {
  /** One move against a family, by chance. */
  move(): void
  /** Concludes whatever can be concluded now. */
  conclude(): void
}

export interface CheaterDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly ledger: Ledger
}

type Move = Extract<Milestone, `cheat: ${string}`>

export function cheater(family: Family, deps: CheaterDeps): Cheater {
  const { dice, trace, ledger } = deps
  const byId = new Map<ChannelId, Channel>(family.channels.map((channel) => [channel.id, channel]))
  /** States that only the cheater signed, by progress. */
  const progressed = new Map<ChannelId, SignedState>()
  let floods = 0n

  function submit(what: Move, call: ModelCall, states: readonly SignedState[], isHidden: boolean): void {
    trace.say(`${what}${isHidden ? ' (hidden)' : ''} ${describeStates(states)}`)
    trace.meet(what)
    ledger.submit(call, { calldata: isHidden ? [] : states })
  }

  /** A random state of a channel; old ones more often than not. */
  function someState(channel: Channel): SignedState {
    return dice.chance(0.3) ? channel.newest : dice.pick(channel.states)
  }

  /** A tree of random signed states that fits together. */
  function someTree(root: SignedState, choose: (channel: Channel) => SignedState): readonly SignedState[] {
    return root.state.outcome.locked.flatMap((lock) => {
      const channel = byId.get(lock.channelId)
      if (channel === undefined) return []
      const signed = choose(channel)
      return [signed, ...someTree(signed, choose)]
    })
  }

  function registerTree(what: Move, root: SignedState, choose: (channel: Channel) => SignedState): void {
    const subs = someTree(root, choose)
    const call: ModelCall = (adjudicator, before, now) => adjudicator.register(before, root, subs, now)
    submit(what, call, [root, ...subs], dice.chance(0.3))
  }

  function registeredState(channel: Channel): SignedState | undefined {
    const dispute = ledger.dispute(channel.id)
    const mine = progressed.get(channel.id)
    const all = [...channel.states, ...channel.rivals, ...(mine ? [mine] : [])]
    return all.find(({ state }) => modelStateHash(state) === dispute?.stateHash)
  }

  function registerOld(): void {
    registerTree('cheat: registers an old tree', someState(family.root), someState)
  }

  function registerNewestRootWithOldSub(): void {
    registerTree('cheat: registers an old sub-channel', family.root.newest, (channel) => dice.pick(channel.states))
  }

  /** Keeps the registered root and adds an old sub-channel state shortly before the root's timeout. */
  function strikeLate(): void {
    const dispute = ledger.dispute(family.root.id)
    const root = registeredState(family.root)
    if (dispute === undefined || root === undefined) {
      registerOld()
      return
    }
    const left = dispute.timeout - ledger.head.timestamp
    if (left > 60n && dice.chance(0.8)) return
    registerTree('cheat: strikes just before the deadline', root, someState)
  }

  /** Both parties signed two states with one version; the watcher holds the other one. */
  function registerRival(): void {
    const channel = dice.pick(family.channels)
    const rival = channel.newest.state.version > 0n ? channel.addRival() : undefined
    if (rival === undefined) return
    const root = channel === family.root ? rival : dice.pick(family.root.states)
    registerTree('cheat: registers a rival', root, (each) => (each === channel ? rival : someState(each)))
  }

  function registerThroughForeign(): void {
    if (family.foreign === undefined) registerOld()
    else registerTree('cheat: registers through the other parent', family.foreign.newest, someState)
  }

  function progress(): void {
    const channel = dice.pick(family.channels)
    const old = registeredState(channel)
    if (channel.params.app === undefined || old === undefined) return
    const state = { ...old.state, version: old.state.version + 1n, isFinal: dice.chance(0.2) }
    const signed = modelSigned(channel.params, state)
    const sig = modelSignature(channel.params.participants[1]?.address ?? '0x', state)
    const move = { params: channel.params, stateOld: old.state, state, actorIdx: 1, sig }
    progressed.set(channel.id, { ...signed, sigs: [] })
    submit('cheat: progresses', (adjudicator, before, now) => adjudicator.progress(before, move, now), [], true)
  }

  function concludeFinal(): void {
    const final = family.root.states.find(({ state }) => state.isFinal && state.outcome.locked.length === 0)
    if (final === undefined) return
    const call: ModelCall = (adjudicator, before, now) => adjudicator.concludeFinal(before, final, now)
    submit('cheat: concludes a final state', call, [final], dice.chance(0.3))
  }

  function flood(): void {
    for (let count = 0; count < 20; count++) {
      floods += 1n
      const nonce = 10n ** 12n + family.root.params.nonce * 1000n + floods
      const channel = openChannel({ kind: 'ledger', duration: 300n, hasApp: false, funds: 1n, nonce })
      const call: ModelCall = (adjudicator, before, now) => adjudicator.register(before, channel.newest, [], now)
      ledger.submit(call, { calldata: [channel.newest] })
    }
    trace.meet('cheat: floods')
  }

  const moves = [
    registerOld,
    registerOld,
    registerNewestRootWithOldSub,
    strikeLate,
    strikeLate,
    registerThroughForeign,
    registerRival,
    progress,
    progress,
    concludeFinal,
    flood,
  ]

  /** The states that stand below a registered root, or nothing where one of them is unknown. */
  function standingTree(root: SignedState): readonly SignedState[] | undefined {
    const tree: SignedState[] = []
    for (const lock of root.state.outcome.locked) {
      const channel = byId.get(lock.channelId)
      const signed = channel && registeredState(channel)
      const below = signed && standingTree(signed)
      if (signed === undefined || below === undefined) return undefined
      tree.push(signed, ...below)
    }
    return tree
  }

  function concludeRoot(root: Channel): void {
    const signed = registeredState(root)
    const subs = signed && standingTree(signed)
    if (signed === undefined || subs === undefined) return
    const states = subs.map(({ state }) => state)
    const call: ModelCall = (adjudicator, before, now) => adjudicator.conclude(before, signed, states, now)
    if (ledger.tryCall(call, ledger.head, ledger.head.timestamp + 1n) !== undefined) return
    submit('cheat: concludes', call, [], true)
  }

  return {
    move() {
      dice.pick(moves)()
    },
    conclude() {
      concludeRoot(family.root)
      if (family.foreign !== undefined) concludeRoot(family.foreign)
    },
  }
}
