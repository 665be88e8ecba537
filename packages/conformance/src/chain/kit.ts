import { setTimeout } from 'node:timers/promises'
import { assertNever, type RegistererSubscriber } from '@perun-watcher/core/adapter'
import { within } from '../patience.ts'
import { defineCases } from '../runner.ts'
import { endCases } from './cases/ends.ts'
import { recordCases } from './cases/records.ts'
import { ruleCases } from './cases/rules.ts'
import { startCases } from './cases/start.ts'
import { streamCases } from './cases/stream.ts'
import { writingCases } from './cases/writing.ts'
import { type StepLog, stepLog } from './step-log.ts'
import type { ChainCase, ChainContext, ChainKitOptions, ChainNeed, ChainPlace } from './types.ts'

/** All cases as data, for runners that have no `describe`. */
export const chainCases: readonly ChainCase[] = [
  ...startCases,
  ...streamCases,
  ...recordCases,
  ...ruleCases,
  ...writingCases,
  ...endCases,
]

const defaultPatienceMs = 60_000

/**
 * Defines the tests that every chain backend has to pass, on a ledger of yours. What your place cannot do is skipped, with the
 * reason in the name of the test.
 */
export function chainKit(options: ChainKitOptions): void {
  defineCases(options, `${options.name} keeps the contract of a chain backend`, {
    cases: chainCases,
    whyNot: (need: ChainNeed) => whyNot(need, options),
    run: (each) => runChainCase(each, options),
  })
}

/** @returns why a need is not met; `undefined`: it is. */
function whyNot(need: ChainNeed, { canMismatch, canBreak, canReorg }: ChainKitOptions): string | undefined {
  switch (need) {
    case 'mismatch':
      return canMismatch === true ? undefined : 'the kit was given no backend of another ledger'
    case 'break':
      return canBreak === true ? undefined : 'the kit was given no backend that reaches nobody'
    case 'reorg':
      return canReorg === true ? undefined : 'the kit was given no way to take blocks back'
    default:
      return assertNever(need)
  }
}

/** Longer than any case takes, in seconds. */
const longWindow = 86_400n
/** How long a backend may take to see a block, before the next is made. */
const blockMs = 25

/** Makes blocks until a call is over. */
async function mining<T>(place: ChainPlace, call: Promise<T>): Promise<T> {
  let isOver = false
  const end = (): void => {
    isOver = true
  }
  call.then(end, end)
  while (!isOver) {
    await Promise.race([call.then(end, end), setTimeout(blockMs)])
    if (!isOver) await place.mine(1)
  }
  return call
}

/** Runs one case with a backend of its own. */
export async function runChainCase(
  each: ChainCase,
  { place: makePlace, patienceMs = defaultPatienceMs }: Pick<ChainKitOptions, 'place' | 'patienceMs'>,
): Promise<void> {
  await using place = await makePlace()
  const backends: RegistererSubscriber[] = []
  const logs: StepLog[] = []

  async function open(): Promise<RegistererSubscriber> {
    const backend = place.backend()
    backends.push(backend)
    await backend.probe()
    await backend.start()
    return backend
  }

  async function runCase(): Promise<void> {
    const context: ChainContext = {
      place,
      backend: await open(),
      restart: open,
      follow(backend, fromBlock) {
        const log = stepLog(backend.subscribe({ fromBlock }))
        logs.push(log)
        return log
      },
      channel: async (options = {}) => await place.channel({ duration: longWindow, ...options }),
      deadline: async () => (await place.now()) + longWindow,
      mining: (call) => mining(place, call),
    }
    await each.run(context)
  }

  try {
    await within(runCase(), patienceMs, each.name)
  } finally {
    await within(Promise.all(logs.map((log) => log.close())), patienceMs, 'the end of a stream')
    await within(Promise.all(backends.map((backend) => backend.close())), patienceMs, 'the end of a backend')
  }
}
