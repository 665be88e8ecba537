import { type Finding, fail, ok, warn } from './finding.ts'

/** Nodes refuse blocks that are further in the future, so it must be this clock that is wrong. */
const aheadSeconds = 15

/** Only test chains go longer without a block. */
const silentSeconds = 120

/**
 * Compares the machine's clock with the newest block. Deadlines use chain time, so a wrong clock harms no channel, but it
 * would make logs, receipts and alarms about an old head misleading.
 */
export function checkClock(now: number, blockTime: number): Finding {
  const age = Math.round(now - blockTime)
  if (age < -aheadSeconds) {
    return fail(
      'clock',
      `This clock is ${-age} s behind the newest block.`,
      'Set the clock, and keep it in sync with NTP.',
    )
  }
  if (age <= silentSeconds) return ok('clock', `The newest block is ${Math.max(age, 0)} s old.`)
  return warn(
    'clock',
    `The newest block is ${age} s old by this clock.`,
    'Check whether the node is still syncing, whether the chain has stopped, or whether this clock is fast.',
  )
}
