import { assertNever } from '@perun-watcher/core/adapter'
import { within } from '../patience.ts'
import { defineCases } from '../runner.ts'
import { deliveryCases } from './cases/delivery.ts'
import { endCases } from './cases/ends.ts'
import { flowCases } from './cases/flow.ts'
import { identityCases } from './cases/identity.ts'
import { processCases } from './cases/processes.ts'
import { serverCases } from './cases/server.ts'
import { signalCases } from './cases/signals.ts'
import { childProcesses } from './child-processes.ts'
import { openPlace } from './place.ts'
import type { TransportCase, TransportKitOptions, TransportNeed } from './types.ts'

/** All cases as data, for runners that have no `describe`. */
export const transportCases: readonly TransportCase[] = [
  ...deliveryCases,
  ...flowCases,
  ...endCases,
  ...serverCases,
  ...signalCases,
  ...identityCases,
  ...processCases,
]

const defaultMaxBufferedBytes = 16 * 1024 * 1024
const defaultPatienceMs = 60_000

/**
 * Defines the tests that every message transport has to pass. Tests whose needs you did not supply are skipped, with the
 * reason in their name.
 */
export function transportKit(options: TransportKitOptions): void {
  defineCases(options, `${options.name} keeps the contract of a message transport`, {
    cases: transportCases,
    whyNot: (need: TransportNeed) => whyNot(need, options),
    run: (each) => runTransportCase(each, options),
  })
}

/** @returns why a need is not met; `undefined`: it is. */
function whyNot(need: TransportNeed, { canCut, canImpersonate, child }: TransportKitOptions): string | undefined {
  switch (need) {
    case 'cut':
      return canCut === true ? undefined : 'the kit was given no way to cut a connection'
    case 'impostor':
      return canImpersonate === true ? undefined : 'the kit was given no impostor'
    case 'child':
      return child === undefined ? 'the kit was given no child program' : undefined
    default:
      return assertNever(need)
  }
}

/** Runs one case at a place of its own. */
export async function runTransportCase(
  each: TransportCase,
  options: Pick<TransportKitOptions, 'place' | 'maxMessageBytes' | 'maxBufferedBytes' | 'child' | 'patienceMs'>,
): Promise<void> {
  const { maxMessageBytes, maxBufferedBytes = defaultMaxBufferedBytes, patienceMs = defaultPatienceMs } = options
  await using opened = await openPlace(options.place)
  const { place, listen } = opened
  await using processes = childProcesses()
  const { child } = options
  const run = each.run({ place, listen, maxMessageBytes, maxBufferedBytes, child, startProcess: processes.start })
  await within(run, patienceMs, each.name)
}
