import { hasCode, isWatcherError, parseClientName, type SignedState, type TransactionInput } from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { milestoneOf } from '../coverage/milestones.ts'
import { simSigned } from '../world/crypto.ts'
import type { Scheduler } from '../world/scheduler.ts'
import { short, type Trace } from '../world/trace.ts'
import type { Channel } from './channels/channel.ts'
import type { Family } from './families.ts'
import type { WatcherHost } from './watcher-host.ts'

/** Somebody else with a watch of the same channel, who hands in everything that a client must not. */
export interface Nuisance {
  /** One bad publish, by chance. */
  act(): void
  leave(): void
  readonly hasLeft: boolean
}

export interface NuisanceDeps {
  readonly dice: Dice
  readonly time: Scheduler
  readonly trace: Trace
  readonly host: WatcherHost
  /** Whether the honest client watches the channel: before that there is nothing to disturb. */
  readonly isWatched: (channel: Channel) => boolean
  /** Whether the watcher acknowledged this state to the honest client. */
  readonly isAcknowledged: (signed: SignedState) => boolean
  /** Whether the watcher acknowledged a final state of it. */
  readonly isFinal: (channel: Channel) => boolean
}

interface Offence {
  readonly transaction: TransactionInput
  /** What the watcher may answer; being superseded by a newer state is no error. */
  readonly codes: readonly string[]
}

const zeroes: `0x${string}` = `0x${'00'.repeat(65)}`

export function nuisance(
  family: Family,
  { dice, time, trace, host, isWatched, isAcknowledged, isFinal }: NuisanceDeps,
): Nuisance {
  /** Its watches in the run of the watcher that is up; those of earlier runs died with it. */
  let mine: { readonly run: number; readonly watches: Set<EngineWatch>; starting: number } = none(0)
  let isLeaving = false
  const name = parseClientName(`nuisance-${family.number}`)
  /** Whether the watcher may guard the channel for it, for all that it knows. */
  let mayBeRegistered = false

  function none(run: number): typeof mine {
    return { run, watches: new Set(), starting: 0 }
  }

  function next(signed: SignedState): SignedState {
    return simSigned(signed.params, { ...signed.state, version: signed.state.version + 1n })
  }

  function offences(channel: Channel): readonly Offence[] {
    const { newest, states } = channel
    const [first = newest] = states
    const { state, sigs } = next(newest)
    const other = { ...state, channelId: family.channels.at(-1)?.id ?? state.channelId }
    const after = newest.state.isFinal ? ['STATE_AFTER_FINAL'] : []
    const following = isFinal(channel) ? [{ transaction: { state, sigs }, codes: ['STATE_AFTER_FINAL'] }] : []
    const conflicting = isAcknowledged(newest)
      ? [{ transaction: channel.addRival(), codes: ['VERSION_CONFLICT', 'VERSION_STALE', ...after] }]
      : []
    return [
      ...conflicting,
      { transaction: { state: { ...state, appData: '0x123' }, sigs }, codes: ['STATE_MALFORMED'] },
      { transaction: { state, sigs: sigs.map(() => zeroes) }, codes: ['SIGNATURE_INVALID', 'STATE_MALFORMED'] },
      { transaction: { state, sigs: [...sigs].reverse() }, codes: ['SIGNATURE_INVALID'] },
      { transaction: { state, sigs: sigs.slice(1) }, codes: ['SIGNATURE_COUNT'] },
      {
        transaction: { state: { ...other, version: 10_000n }, sigs },
        codes: ['CHANNEL_ID_MISMATCH', 'SIGNATURE_INVALID'],
      },
      ...following,
      { transaction: first, codes: ['VERSION_STALE', 'VERSION_CONFLICT', ...after] },
    ]
  }

  function answered(channel: Channel, { codes }: Offence, error: unknown): void {
    const code = isWatcherError(error) ? error.code : String(error)
    trace.say(`nuisance at ${short(channel.id)} refused: ${code}`)
    const milestone = milestoneOf(`rule: refused ${code}`)
    if (milestone !== undefined) trace.meet(milestone)
    const isUsual = ['STORE_FAILED', 'WATCHER_CLOSED', 'WATCH_ENDED', 'CHANNEL_UNKNOWN', 'STATE_AFTER_FINAL']
    if (![...codes, ...isUsual].includes(code)) trace.violate(`a bad state was refused with ${code}, not ${codes}`)
  }

  function join(channel: Channel): void {
    const { engine } = host
    const here = mine
    if (engine === undefined || here.starting > 0) return
    here.starting += 1
    mayBeRegistered = true
    engine
      .startWatching(channel.newest, { push() {}, end() {} }, { client: name })
      .then(
        (watch) => {
          trace.meet('rule: two clients of one channel')
          here.watches.add(watch)
        },
        (error: unknown) => trace.say(`nuisance not let in: ${String(error)}`),
      )
      .finally(() => {
        here.starting -= 1
      })
  }

  function stopAll(): void {
    const here = mine
    for (const watch of here.watches) {
      watch.stop().then(
        () => here.watches.delete(watch),
        (error: unknown) => trace.say(`nuisance could not stop: ${String(error)}`),
      )
    }
  }

  /** By name, since its watches may have died with an earlier run of the watcher; repeats until that is certain. */
  function leave(): void {
    isLeaving = true
    const isStarting = mine.run === host.run && mine.starting > 0
    const ended = host.engine?.stopWatching(family.root.id, { client: name }).then(
      () => true,
      (error: unknown) => hasCode(error, 'CHANNEL_UNKNOWN'),
    )
    // A crash leaves the call without an answer: it is asked for again all the same.
    void ended?.then((hasEnded) => {
      if (hasEnded && !isStarting) mayBeRegistered = false
    })
    time.after(3_000, () => {
      if (mayBeRegistered) leave()
    })
  }

  function misbehave(channel: Channel, watch: EngineWatch): void {
    const offence = dice.pick(offences(channel))
    watch.publish(offence.transaction).then(
      () => {
        trace.say(`nuisance at ${short(channel.id)} superseded`)
        if (offence.codes.includes('STATE_AFTER_FINAL') && offence.codes.length === 1) {
          trace.violate(`a state after the final one of ${short(channel.id)} was taken`)
        }
      },
      (error: unknown) => answered(channel, offence, error),
    )
  }

  return {
    act() {
      if (mine.run !== host.run) mine = none(host.run)
      if (isLeaving || !isWatched(family.root)) return
      const [watch] = mine.watches
      if (watch === undefined) join(family.root)
      else if (dice.chance(0.1)) stopAll()
      else misbehave(family.root, watch)
    },
    leave,
    get hasLeft() {
      return isLeaving && !mayBeRegistered
    },
  }
}
