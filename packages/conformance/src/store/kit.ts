import type { LedgerId } from '@perun-watcher/core'
import { assertNever, type Store } from '@perun-watcher/core/adapter'
import { defineCases } from '../runner.ts'
import { commitCases } from './cases/commits.ts'
import { contentCases } from './cases/contents.ts'
import { contractCases } from './cases/contract.ts'
import { durableCases } from './cases/durable.ts'
import { historyCases } from './cases/history.ts'
import { ledgerCases } from './cases/ledgers.ts'
import { lineCases } from './cases/lines.ts'
import { processCases } from './cases/processes.ts'
import { signalCases } from './cases/signals.ts'
import { whyNoStoppableDisk } from './stoppable-disk.ts'
import { ledgerId, type Need, type StoreCase, type StoreKitOptions, type StorePlace } from './types.ts'

/** All cases as data, for runners that have no `describe`. */
export const storeCases: readonly StoreCase[] = [
  ...contractCases,
  ...lineCases,
  ...historyCases,
  ...ledgerCases,
  ...commitCases,
  ...contentCases,
  ...signalCases,
  ...durableCases,
  ...processCases,
]

/**
 * Defines the tests that every `Store` has to pass. What your store does not promise, or this machine cannot show, is
 * skipped, with the reason in the name of the test.
 */
export function storeKit(options: StoreKitOptions): void {
  defineCases(options, `${options.name} keeps the contract of a store`, {
    cases: storeCases,
    whyNot: (need: Need) => whyNot(need, options),
    run: (each) => runStoreCase(each, options),
  })
}

/** @returns why a need is not met; `undefined`: it is. */
function whyNot(need: Need, { capabilities, child, canDamage }: StoreKitOptions): string | undefined {
  switch (need) {
    case 'durable':
      return capabilities.durable ? undefined : 'the store is not durable'
    case 'child':
      return child === undefined ? 'the kit was given no child program' : undefined
    case 'stoppable disk':
      return whyNoStoppableDisk()
    case 'damage':
      return canDamage === true ? undefined : 'the kit was given no way to damage the data'
    default:
      return assertNever(need)
  }
}

/** Runs one case at a place of its own. */
export async function runStoreCase(
  each: StoreCase,
  { place: makePlace, child }: Pick<StoreKitOptions, 'place' | 'child'>,
): Promise<void> {
  await using place = await makePlace()
  await using otherPlace = await makePlace()
  const stores: Store[] = []
  async function open(at: StorePlace, ledgers: readonly LedgerId[] = [ledgerId]): Promise<Store> {
    const store = at.store()
    stores.push(store)
    await store.open(ledgers)
    for (const ledger of ledgers) await store.bind(ledger)
    return store
  }
  try {
    await each.run({ place, open: (ledgers) => open(place, ledgers), openElsewhere: () => open(otherPlace), child })
  } finally {
    for (const store of stores) await store.close()
  }
}
