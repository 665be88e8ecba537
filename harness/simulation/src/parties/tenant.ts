import { type ChannelId, hasCode, isWatcherError, parseClientName, type SignedState } from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { simStateHash } from '../world/crypto.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'
import { describeStates, type Trace } from '../world/trace.ts'
import { type Channel, openChannel } from './channels/channel.ts'
import { accomplice, cheater } from './channels/members.ts'
import type { Family } from './families.ts'
import type { WatcherHost } from './watcher-host.ts'

/** Another client of the watcher, who has channels of its own that lock those of a family, and means no good. */
export interface Tenant {
  /** Something that a client may do. */
  act(): void
  /** A dispute of its own that touches no channel of the family. @param until waits for something. */
  quarrelBeside(until: (isSo: () => boolean) => Promise<void>): Promise<void>
  leave(): void
  readonly hasLeft: boolean
}

export interface TenantDeps {
  readonly dice: Dice
  readonly time: Scheduler
  readonly trace: Trace
  readonly host: WatcherHost
  readonly ledger: Ledger
}

const day = 86_400n
const durations = [300n, 300n, 3_600n, 30n * day]
/** Rarely so many that each of them is felt. */
const rootCounts = [1, 1, 1, 2, 2, 2, 2, 30, 30, 300]
const mostAtOnce = 30

const silent = { push() {}, end() {} }

export function tenant(family: Family, { dice, time, trace, host, ledger }: TenantDeps): Tenant {
  const name = parseClientName(`tenant-${family.number}`)
  const prey = family.channels.filter(({ kind }) => kind !== 'ledger')
  const roots = Array.from({ length: dice.pick(rootCounts) }, (_, index) => open(index))
  /** What it has asked for and not surely ended. */
  const asked = new Map<ChannelId, Channel>()
  const watches = new Map<ChannelId, { readonly run: number; readonly watch: EngineWatch }>()
  let isLeaving = false
  let hasAskedForAll = false

  function open(index: number): Channel {
    const nonce = 10n ** 18n + BigInt(family.number) * 1000n + BigInt(index)
    const { assets } = family.root.plan
    const members = [cheater, accomplice]
    const plan = {
      kind: 'ledger',
      duration: dice.pick(durations),
      hasApp: false,
      funds: 1_000n,
      nonce,
      members,
    } as const
    const root = openChannel(assets === undefined ? plan : { ...plan, assets }, prey)
    // Locks with other funds than the client's parents do, for what is signed with other funds.
    if (dice.chance(0.5) && prey.every(({ isTheirs }) => isTheirs)) root.update({ hasWrongLocks: true })
    return root
  }

  /** Any state that it may well have: it is a participant, or in league with all of them. */
  function stateOf(channel: Channel): SignedState {
    if (channel.isTheirs && dice.chance(0.7)) return channel.addOtherFunds(channel.newest.state.version + 1_000n)
    return dice.pick(channel.states)
  }

  function watch(channel: Channel, signed: SignedState, parent?: ChannelId): void {
    const { engine, run } = host
    if (engine === undefined) return
    asked.set(channel.id, channel)
    engine.startWatching(signed, silent, { client: name, parent }).then(
      (started) => {
        trace.meet('tenant: is let in')
        watches.set(channel.id, { run, watch: started })
      },
      (error: unknown) => trace.say(`tenant not let in: ${isWatcherError(error) ? error.code : String(error)}`),
    )
  }

  function publish(root: Channel): void {
    const held = watches.get(root.id)
    if (held?.run !== host.run) {
      watch(root, root.newest)
      return
    }
    held.watch.publish(root.update({})).catch((error: unknown) => trace.say(`tenant refused: ${String(error)}`))
  }

  /** Keeps its own family busy: an old state of its root, again and again another root. */
  function register(root: Channel): void {
    const [old = root.newest] = root.states
    const subs = old.state.outcome.locked.flatMap(({ channelId }) => treeOf(channelId))
    trace.meet('tenant: registers its own')
    trace.say(`tenant registers ${describeStates([old, ...subs])}`)
    ledger.submit((adjudicator, before, now) => adjudicator.register(before, old, subs, now), {
      calldata: [old, ...subs],
    })
  }

  /** What stands of a channel, where it knows that, or any other state: with what it locks. */
  function treeOf(id: ChannelId): readonly SignedState[] {
    const channel = prey.find((each) => each.id === id)
    if (channel === undefined) return []
    const hash = ledger.dispute(id)?.stateHash
    const standing = [...channel.states, ...channel.strays].find(({ state }) => simStateHash(state) === hash)
    const signed = standing ?? stateOf(channel)
    return [signed, ...signed.state.outcome.locked.flatMap(({ channelId }) => treeOf(channelId))]
  }

  /** Its own root, registered and then overtaken by what it has given the watcher: a dispute of its own. */
  function quarrel(root: Channel): void {
    if (watches.get(root.id)?.run !== host.run) {
      watch(root, root.newest)
      return
    }
    publish(root)
    register(root)
  }

  function end(): void {
    isLeaving = true
    const { engine } = host
    // Children first.
    for (const channel of [...asked.values()].reverse()) {
      engine?.stopWatching(channel.id, { client: name }).then(
        () => asked.delete(channel.id),
        (error: unknown) => hasCode(error, 'CHANNEL_UNKNOWN') && asked.delete(channel.id),
      )
    }
    if (asked.size > 0) time.after(5_000, end)
  }

  return {
    act() {
      if (isLeaving || prey.length === 0) return
      const root = dice.pick(roots)
      const [favourite = root] = roots
      // All of them once; then as many as make a difference.
      const several = hasAskedForAll ? roots.slice(0, mostAtOnce) : roots
      const many = dice.chance(0.3) ? several : [root]
      hasAskedForAll ||= many === roots
      dice.pick([
        () => {
          for (const each of many) watch(each, each.newest)
        },
        () => {
          for (const each of prey) watch(each, stateOf(each), root.id)
        },
        () => publish(root),
        () => register(root),
        () => quarrel(favourite),
        () => quarrel(favourite),
      ])()
    },
    async quarrelBeside(until) {
      const root = open(roots.length)
      const free = root.update({ locks: [] })
      const newest = root.update({ locks: prey })
      await until(() => {
        if (watches.get(root.id)?.run !== host.run && !asked.has(root.id)) watch(root, newest)
        return watches.has(root.id)
      })
      trace.meet('tenant: registers its own')
      ledger.submit((adjudicator, before, now) => adjudicator.register(before, free, [], now), { calldata: [free] })
      await until(() => ledger.dispute(root.id) !== undefined)
    },
    leave: end,
    get hasLeft() {
      return isLeaving && asked.size === 0
    },
  }
}
