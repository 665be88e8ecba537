import { WatcherError } from '../../errors/watcher-error.ts'
import type { RegistererSubscriber } from '../../spi/chain.ts'
import type { Clock, Logger, Random } from '../../spi/runtime.ts'
import type { Store } from '../../spi/store.ts'
import { parseLimit } from '../../validation/parse-limit.ts'
import type { SweepSettings } from '../chain/sweeper.ts'

/** Everything the engine needs from outside. It takes over `chain` and `store`: a shutdown closes both. */
export interface EngineDeps {
  readonly chain: RegistererSubscriber
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** Default: silence. */
  readonly logger?: Logger | undefined
}

export interface EngineOptions {
  /**
   * Blocks on top of a dispute's own to wait for before answering, where the window is long enough. Default 2.
   * 0 answers every dispute on the first sight of it.
   */
  readonly refuteDepth?: bigint | undefined
  /**
   * Most events of one channel that are kept for a client that has not acknowledged them; then those that newer ones
   * supersede give way. A whole number of at least 1. Default 64.
   */
  readonly mailboxLimit?: number | undefined
  /**
   * Most bytes of states, as `stateBytes` counts them, that are kept in memory besides the store, so that a channel that
   * publishes often is not read for every state; in memory they take some four times as much. A whole number of at least
   * 1. Default 8 MiB, ten thousand small channels.
   */
  readonly stateCacheBytes?: number | undefined
  /**
   * Most bytes of older states, as `stateBytes` counts them, that are kept for one client: every state of a channel that is
   * or may be locked may have to be registered again. Above that the oldest are forgotten, and the client is told
   * (`history-cut`). Plain channels need none. A whole number of at least 1. Default 16 MiB, about 40 000 small states.
   */
  readonly historyBytes?: number | undefined
  /**
   * A new channel with a shorter challenge duration is refused (`CHALLENGE_DURATION_OUT_OF_RANGE`): how often its record is read,
   * and how much must be paid for haste, depends on it. Channels that are guarded already stay. In seconds, at least 1.
   * Default 1: whatever the contract takes.
   */
  readonly shortestChallengeDuration?: bigint | undefined
  /**
   * A new ledger channel is refused (`ACCOUNT_UNDERFUNDED`) while the accounts, by what the backend says, could not pay for
   * registering so many percent of all that would be guarded with it. Channels that are guarded already stay. A whole number
   * from 0, which refuses none, to 100. Default 100: old states of all of them may be registered at once.
   */
  readonly fundedPercent?: number | undefined
  /** How the records of all channels are read again and again, whatever the logs say. */
  readonly sweep?: SweepOptions | undefined
}

/**
 * Each channel's record is read at least once per quarter of its challenge duration, all of them at a start and after a gap, so
 * that a dispute whose log a node never gives is found while it can be answered.
 */
export interface SweepOptions {
  /**
   * Most calls of the ledger's endpoint in a minute, apart from all others; what was not used in five minutes may be made at
   * once. Where a node takes state overrides a call reads some 5 000 channels, otherwise some 1 500, or one. Where the calls
   * do not suffice, channels are read less often, and a warning says so. A whole number of at least 1. Default 60.
   */
  readonly callsPerMinute?: number | undefined
  /**
   * Channels are not read more often than this, however short their windows: of a window below four times this the sweep sees
   * less than its quarters. A whole number of seconds, at least 1. Default 15, for windows of a minute.
   */
  readonly shortestPeriodSeconds?: number | undefined
}

/** The options, checked, with the defaults in the place of what is absent. */
export interface EngineSettings {
  readonly refuteDepth: bigint
  readonly mailboxLimit: number
  readonly stateCacheBytes: number
  readonly historyBytes: number
  readonly shortestChallengeDuration: bigint
  readonly fundedPercent: number
  readonly sweep: SweepSettings
}

/** As documented at {@link EngineOptions}. */
const defaults: EngineSettings = {
  refuteDepth: 2n,
  mailboxLimit: 64,
  stateCacheBytes: 8 * 1024 * 1024,
  historyBytes: 16 * 1024 * 1024,
  shortestChallengeDuration: 1n,
  fundedPercent: 100,
  sweep: { callsPerMinute: 60, shortestPeriodSeconds: 15 },
}

/** @throws WatcherError `OPTION_INVALID` */
export function engineSettings(options: EngineOptions): EngineSettings {
  return {
    refuteDepth: options.refuteDepth ?? defaults.refuteDepth,
    mailboxLimit: parseLimit(options.mailboxLimit ?? defaults.mailboxLimit, 'mailboxLimit'),
    historyBytes: parseLimit(options.historyBytes ?? defaults.historyBytes, 'historyBytes'),
    shortestChallengeDuration: seconds(options.shortestChallengeDuration ?? defaults.shortestChallengeDuration),
    fundedPercent: percent(options.fundedPercent ?? defaults.fundedPercent),
    stateCacheBytes: parseLimit(options.stateCacheBytes ?? defaults.stateCacheBytes, 'stateCacheBytes'),
    sweep: sweepSettings(options.sweep),
  }
}

function seconds(value: bigint): bigint {
  if (typeof value === 'bigint' && value >= 1n) return value
  throw new WatcherError('OPTION_INVALID', 'shortestChallengeDuration must be a bigint of at least 1.', {
    details: [`Got ${value}.`],
  })
}

function percent(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= 100) return value
  throw new WatcherError('OPTION_INVALID', 'fundedPercent must be a whole number from 0 to 100.', {
    details: [`Got ${value}.`],
  })
}

function sweepSettings({ callsPerMinute, shortestPeriodSeconds }: SweepOptions = {}): SweepSettings {
  const { sweep } = defaults
  return {
    callsPerMinute: parseLimit(callsPerMinute ?? sweep.callsPerMinute, 'sweep.callsPerMinute'),
    shortestPeriodSeconds: parseLimit(
      shortestPeriodSeconds ?? sweep.shortestPeriodSeconds,
      'sweep.shortestPeriodSeconds',
    ),
  }
}
