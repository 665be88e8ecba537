import { assertNever } from '@perun-watcher/core/adapter'
import { within } from '../patience.ts'
import { defineCases } from '../runner.ts'
import { clientCases } from './cases/clients.ts'
import { endCases } from './cases/ends.ts'
import { guardingCases } from './cases/guarding.ts'
import { refusalCases } from './cases/refusals.ts'
import { returningCases } from './cases/returning.ts'
import { tellingCases } from './cases/telling.ts'
import { courseOn } from './course.ts'
import type { WatcherCase, WatcherKitOptions, WatcherNeed } from './types.ts'

/** All cases as data, for runners that have no `describe`. */
export const watcherCases: readonly WatcherCase[] = [
  ...refusalCases,
  ...guardingCases,
  ...tellingCases,
  ...returningCases,
  ...clientCases,
  ...endCases,
]

const defaultPatienceMs = 60_000

/**
 * Defines the tests that every `Watcher` has to pass, on a ledger in memory. Tests that do not apply to your watcher, or
 * whose needs you did not supply, are skipped, with the reason in their name.
 */
export function watcherKit(options: WatcherKitOptions): void {
  defineCases(options, `${options.name} keeps the contract of a watcher`, {
    cases: watcherCases,
    whyNot: (need: WatcherNeed) => whyNot(need, options),
    run: (each) => runWatcherCase(each, options),
  })
}

/** @returns why a need is not met; `undefined`: it is. */
function whyNot(need: WatcherNeed, { ownsEngine, canCut }: WatcherKitOptions): string | undefined {
  switch (need) {
    case 'own engine':
      return ownsEngine ? undefined : 'a shutdown of this watcher leaves the engine running'
    case 'engine elsewhere':
      return ownsEngine ? 'a shutdown of this watcher is one of the engine' : undefined
    case 'cut':
      return canCut === true ? undefined : 'the kit was given no way to cut a connection'
    default:
      return assertNever(need)
  }
}

/** Runs one case at a place of its own. */
export async function runWatcherCase(
  each: WatcherCase,
  { place: make, patienceMs = defaultPatienceMs }: Pick<WatcherKitOptions, 'place' | 'patienceMs'>,
): Promise<void> {
  await using place = await make()
  const { chain, store } = place
  const over = new AbortController()
  try {
    const course = courseOn(chain, over.signal)
    await within(each.run({ ...course, place, chain, store, watcher: place.watcher(0) }), patienceMs, each.name)
  } finally {
    over.abort()
  }
}
