import type { Capacity } from '@perun-watcher/core'
import { answerableWithin, capacityFor, type LedgerWindow } from '@perun-watcher/core/internal'
import { durationText } from '../../terminal/times.ts'
import { type Finding, ok, warn } from './finding.ts'

export interface CapacitySubject {
  /** Accounts that can pay. */
  readonly solvent: number
  /** All accounts. */
  readonly accounts: number
  /** Transactions of one account that may wait at the same time. */
  readonly maxPending: number
  /** Seconds between blocks; `undefined`: not known. */
  readonly blockSeconds: number | undefined
  /** What is guarded: told by the daemon that runs, or counted in the store that it left. `undefined`: nobody knows. */
  readonly guarded: Capacity | readonly LedgerWindow[] | undefined
}

/** For which windows it is told what could be answered, where nothing is guarded yet. */
const usualWindows = [600, 3_600, 86_400] as const

/** As on Ethereum, where nobody knows better. */
const assumedBlockSeconds = 12

/** From this part of what can be answered on, it is scarce. */
const scarceFrom = 0.8

const isCounted = (guarded: Capacity | readonly LedgerWindow[]): guarded is readonly LedgerWindow[] =>
  Array.isArray(guarded)

/**
 * Whether all that is guarded could be answered if old states of everything were registered at once. A node holds few waiting
 * transactions of one account, so the number of accounts decides.
 */
export function judgeCapacity(subject: CapacitySubject): Finding {
  const { accounts, solvent, maxPending, blockSeconds, guarded } = subject
  const check = 'account.capacity'
  const throughput = { places: solvent * maxPending, secondsPerBlock: blockSeconds ?? assumedBlockSeconds }
  const who = `${solvent} of ${accounts} accounts can pay, with ${maxPending} transactions each.`
  const remedy =
    'Fund the accounts that are short, or use more of them (account.count); or take on fewer channels with short windows.'
  const capacity =
    guarded === undefined || !isCounted(guarded) ? guarded : capacityFor(guarded, throughput, assumedBlockSeconds)
  if (capacity === undefined) {
    const examples = usualWindows.map((window) => {
      const answerable = answerableWithin(window, throughput.places, throughput.secondsPerBlock)
      return `${answerable} within ${durationText(window)}`
    })
    const found = `${who} Disputes that could be answered at once: ${examples.join(', ')}.`
    return solvent === accounts ? ok(check, found) : warn(check, found, remedy)
  }
  const { channels, answerable, windowSeconds } = capacity
  const found = `${who} Of ${channels} channels with windows of up to ${durationText(windowSeconds)}, ${Math.min(answerable, channels)} could be answered at once.`
  return channels >= scarceFrom * answerable || solvent < accounts ? warn(check, found, remedy) : ok(check, found)
}
