import type { ChannelId, SignedState } from '@perun-watcher/core'
import { modelSignature, modelSigned } from '@perun-watcher/core/testing'
import type { Ledger, ModelCall } from '../world/ledger.ts'
import type { Dice } from '../world/random.ts'
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
  readonly chance: Dice
  readonly trace: Trace
  readonly ledger: Ledger
}

export function cheater(family: Family, deps: CheaterDeps): Cheater {
  const { chance, trace, ledger } = deps
  const byId = new Map<ChannelId, Channel>(family.channels.map((channel) => [channel.id, channel]))
  /** States that only the cheater signed, by progress. */
  const progressed = new Map<ChannelId, SignedState>()
  let floods = 0n

  function submit(what: string, call: ModelCall, states: readonly SignedState[], isHidden: boolean): void {
    trace.say(`cheater: ${what}${isHidden ? ' (hidden)' : ''} ${describeStates(states)}`)
    trace.meet(`cheat: ${what}`)
    ledger.submit(call, { calldata: isHidden ? [] : states })
  }

  /** A random state of a channel; old ones more often than not. */
  function someState(channel: Channel): SignedState {
    return chance.chance(0.3) ? channel.newest : chance.pick(channel.states)
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

  function registerTree(what: string, root: SignedState, choose: (channel: Channel) => SignedState): void {
    const subs = someTree(root, choose)
    const call: ModelCall = (adjudicator, before, now) => adjudicator.register(before, root, subs, now)
    submit(what, call, [root, ...subs], chance.chance(0.3))
  }

  function registeredState(channel: Channel): SignedState | undefined {
    const dispute = ledger.dispute(channel.id)
    const mine = progressed.get(channel.id)
    return [...channel.states, ...(mine ? [mine] : [])].find(({ state }) => state.version === dispute?.version)
  }

  function registerOld(): void {
    registerTree('registers an old tree', someState(family.root), someState)
  }

  function registerNewestRootWithOldSub(): void {
    registerTree('registers an old sub-channel', family.root.newest, (channel) => chance.pick(channel.states))
  }

  /** Keeps the registered root and adds an old sub-channel state shortly before the root's timeout. */
  function strikeLate(): void {
    const dispute = ledger.dispute(family.root.id)
    const root = registeredState(family.root)
    if (dispute === undefined || root === undefined) return registerOld()
    const left = dispute.timeout - ledger.head.timestamp
    if (left > 60n && chance.chance(0.8)) return
    registerTree('strikes just before the deadline', root, someState)
  }

  function registerThroughForeign(): void {
    if (family.foreign === undefined) return registerOld()
    registerTree('registers through the other parent', family.foreign.newest, someState)
  }

  function progress(): void {
    const channel = chance.pick(family.channels)
    const old = registeredState(channel)
    if (channel.params.app === undefined || old === undefined) return
    const state = { ...old.state, version: old.state.version + 1n, isFinal: chance.chance(0.2) }
    const signed = modelSigned(channel.params, state)
    const sig = modelSignature(channel.params.participants[1]?.address ?? '0x', state)
    const move = { params: channel.params, stateOld: old.state, state, actorIdx: 1, sig }
    progressed.set(channel.id, { ...signed, sigs: [] })
    submit('progresses', (adjudicator, before, now) => adjudicator.progress(before, move, now), [], true)
  }

  function concludeFinal(): void {
    const final = family.root.states.find(({ state }) => state.isFinal)
    if (final === undefined) return
    const call: ModelCall = (adjudicator, before, now) => adjudicator.concludeFinal(before, final, now)
    submit('concludes a final state', call, [final], chance.chance(0.3))
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
    submit('concludes', call, [], true)
  }

  return {
    move() {
      chance.pick(moves)()
    },
    conclude() {
      concludeRoot(family.root)
      if (family.foreign !== undefined) concludeRoot(family.foreign)
    },
  }
}
