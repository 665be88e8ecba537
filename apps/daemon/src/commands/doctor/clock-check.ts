import { type Finding, fail, ok, warn } from './finding.ts'

/** Nodes refuse blocks that are further in the future, so the fault is ours. */
const aheadSeconds = 15

/** Chains that sleep longer exist, but only for tests. */
const silentSeconds = 120

/**
 * The machine's clock against the newest block. Deadlines are counted in chain time, so a wrong clock harms no channel;
 * but logs, receipts and alarms about an old head would mislead.
 */
export function checkClock(now: number, blockTime: number): Finding {
  const age = Math.round(now - blockTime)
  if (age < -aheadSeconds) {
    return fail(
      'clock',
      `This clock is ${-age} s behind the newest block.`,
      'Set the clock; let ntp or chrony keep it.',
    )
  }
  if (age <= silentSeconds) return ok('clock', `The newest block is ${Math.max(age, 0)} s old.`)
  return warn(
    'clock',
    `The newest block is ${age} s old by this clock.`,
    'Check whether the node is still syncing, whether the chain stands still, or whether this clock is fast.',
  )
}
