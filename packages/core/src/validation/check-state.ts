import type { ErrorCode } from '../errors/codes.ts'
import { WatcherError } from '../errors/watcher-error.ts'
import type { Params, State, SubAlloc } from '../model/channel.ts'

const maxChallengeDuration = 2n ** 63n - 1n
const maxUint256 = 2n ** 256n - 1n

function refuse(code: ErrorCode, message: string, ...details: readonly string[]): never {
  throw new WatcherError(code, message, { details })
}

/**
 * Whether a channel with these parameters can be defended at all.
 *
 * The contract itself checks none of this: it cuts the duration to 64 bits, so that 0 leaves no time to refute and
 * 2^64-1 makes every registration overflow.
 */
export function checkParams(params: Params): void {
  if (params.challengeDuration < 1n || params.challengeDuration > maxChallengeDuration) {
    refuse(
      'CHALLENGE_DURATION_OUT_OF_RANGE',
      'The challenge duration is outside the range that can be defended.',
      `Got ${params.challengeDuration} seconds; allowed are 1 to ${maxChallengeDuration}.`,
    )
  }
  if (params.participants.length < 2) {
    refuse('STATE_DIMENSIONS', 'A channel needs at least two participants.', `Got ${params.participants.length}.`)
  }
  if (params.virtualChannel && params.app !== undefined) {
    refuse('VIRTUAL_CHANNEL_INVALID', 'A virtual channel cannot have an app.', `Got app ${params.app}.`)
  }
}

/** Whether the state fits its channel, as far as can be seen without hashes and signatures. Its size is for the ledger to say. */
export function checkState(params: Params, state: State): void {
  const { assets, backends, balances, locked } = state.outcome
  const participants = params.participants.length
  if (assets.length === 0) refuse('STATE_DIMENSIONS', 'A state needs at least one asset.')
  expectLength('outcome.backends', backends.length, assets.length, 'one per asset')
  expectLength('outcome.balances', balances.length, assets.length, 'one row per asset')
  balances.forEach((row, asset) => {
    if (row.length !== participants)
      wrongLength(`outcome.balances[${asset}]`, row.length, participants, 'one per participant')
  })
  if (params.virtualChannel && locked.length > 0) {
    refuse('VIRTUAL_CHANNEL_INVALID', 'A virtual channel cannot lock funds.', `Got ${locked.length} locks.`)
  }
  if (locked.length > 0) checkLocks(locked, assets.length, participants)
  checkSums(state)
}

function checkLocks(locked: readonly SubAlloc[], assets: number, participants: number): void {
  const seen = new Set<string>()
  for (const [index, lock] of locked.entries()) {
    const path = `outcome.locked[${index}]`
    if (seen.has(lock.channelId)) {
      refuse('STATE_DIMENSIONS', 'A state may lock each channel once only.', `${path} repeats ${lock.channelId}.`)
    }
    seen.add(lock.channelId)
    checkLock(lock, path, assets, participants)
  }
}

/** The map of a lock needs exactly one entry per participant of the locked channel; a longer one can never be concluded. */
export function checkIndexMap(lock: SubAlloc, participants: number): void {
  if (lock.indexMap.length !== participants) {
    refuse(
      'INDEX_MAP_INVALID',
      'The index map does not fit the sub-channel.',
      `The lock of ${lock.channelId} maps ${lock.indexMap.length} participants, the channel has ${participants}.`,
    )
  }
}

function checkLock(lock: SubAlloc, path: string, assets: number, participants: number): void {
  expectLength(`${path}.balances`, lock.balances.length, assets, 'one per asset')
  for (const [from, to] of lock.indexMap.entries()) {
    if (to >= participants) {
      refuse(
        'INDEX_MAP_INVALID',
        'The index map names a participant that the parent does not have.',
        `${path}.indexMap[${from}] is ${to}; the parent has ${participants} participants.`,
      )
    }
  }
}

/** The contract adds up the funds of an asset in 256 bits and reverts beyond. */
function checkSums(state: State): void {
  state.outcome.balances.forEach((row, asset) => {
    const locked = state.outcome.locked.reduce((sum, lock) => sum + (lock.balances[asset] ?? 0n), 0n)
    const total = row.reduce((sum, balance) => sum + balance, locked)
    if (total > maxUint256) {
      refuse('STATE_DIMENSIONS', 'The funds of an asset exceed 256 bits.', `Asset ${asset} adds up to ${total}.`)
    }
  })
}

function expectLength(path: string, got: number, expected: number, meaning: string): void {
  if (got !== expected) wrongLength(path, got, expected, meaning)
}

function wrongLength(path: string, got: number, expected: number, meaning: string): never {
  refuse('STATE_DIMENSIONS', `${path} has the wrong length.`, `Got ${got}, expected ${expected} (${meaning}).`)
}
