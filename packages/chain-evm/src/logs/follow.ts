import type { Clock, Logger, Random } from '@perun-watcher/core'
import {
  type AdjudicatorSubscription,
  type ChainStep,
  type SubscribeOptions,
  toError,
  type WakeSignal,
  wakeSignal,
} from '@perun-watcher/core/adapter'
import { type BackOff, backOffMs, firstOf } from '@perun-watcher/core/internal'
import type { EvmClient } from '../rpc/evm-client.ts'
import { catchUp } from './catch-up.ts'
import type { ChainReader } from './chain-reader.ts'
import { type HeadReader, headReader } from './head-reader.ts'
import { MissingBlock } from './missing-block.ts'
import { pollDelayMs } from './poll-delay.ts'
import { type SecondReading, secondReading } from './second-reading.ts'

export interface FollowOptions extends SubscribeOptions {
  readonly finalityDepth: number
  /** `undefined`: the average time between blocks, 1 to 12 seconds. */
  readonly pollIntervalMs: number | undefined
}

type BlockStep = Extract<ChainStep, { readonly type: 'block' }>

export interface FollowDeps {
  readonly reader: ChainReader
  readonly watchHeads: EvmClient['watchHeads']
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Called when the chain turned out to be another one than before. Must not throw. */
  readonly onReset: () => void
  /** Called with each step before it is handed out. Must not throw. */
  readonly onStep: (step: BlockStep) => void
}

/** A block may be missing so often in a row before that is an outage: each reorg causes one or two. */
const missesUntilStalled = 3

const readBackOff: BackOff = { firstDelayMs: 500, longestDelayMs: 10_000 }

interface Scope {
  readonly signal: AbortSignal
  readonly newHead: WakeSignal
}

/** Sleeps for `ms`, or until more heads were announced than `announced`. */
async function untilNextHead(ms: number, announced: number, clock: Clock, { signal, newHead }: Scope): Promise<void> {
  if (ms <= 0 || newHead.count > announced) return
  await firstOf(signal, [(scope) => clock.sleep(ms, scope), (scope) => newHead.after(announced, scope)])
}

/** Waits for the next look at the head; what is due sooner needs none. */
async function untilNextRead(
  pollAt: number,
  announced: number,
  again: SecondReading,
  clock: Clock,
  scope: Scope,
): Promise<void> {
  while (clock.now() < pollAt && scope.newHead.count === announced) {
    const ms = Math.min(pollAt - clock.now(), again.dueInMs ?? Number.POSITIVE_INFINITY)
    await untilNextHead(ms, announced, clock, scope)
    again.begin()
  }
}

/** Reads the chain again and again. Throws only when `signal` aborts. */
async function* steps(
  options: FollowOptions,
  { reader, clock, random, logger, onStep, onReset }: FollowDeps,
  { signal, newHead }: Scope,
): AsyncGenerator<ChainStep, void, undefined> {
  const again = secondReading({ reader, clock, logger, onFound: () => newHead.wake() }, { signal })
  const heads: HeadReader = headReader(
    { fromBlock: options.fromBlock, finalityDepth: options.finalityDepth, signal },
    { reader, catchUp: catchUp(reader, logger, { signal }), secondReading: again, clock, logger, onReset },
  )
  let failures = 0
  // The first reading always brings a step. So does the one that ends an outage, to tell that it is over.
  let owesStep = true
  let stalled = false
  for (;;) {
    const readAt = clock.now()
    // Before the chain is read: a head that is announced meanwhile may not be in what is read.
    const announced = newHead.count
    const reading = await heads.read(owesStep).catch(toError)
    signal.throwIfAborted()
    if (reading instanceof Error) {
      failures += 1
      logger.debug('Could not read the chain', { failures, error: reading.message })
      if (!stalled && (failures >= missesUntilStalled || !(reading instanceof MissingBlock))) {
        stalled = true
        owesStep = true
        yield { type: 'stalled', cause: reading }
      }
      await clock.sleep(backOffMs(failures, readBackOff, random), { signal })
      continue
    }
    failures = 0
    stalled = false
    if (reading.step !== undefined) {
      owesStep = false
      onStep(reading.step)
      yield reading.step
    }
    if (reading.behind) continue
    const pollAt = readAt + (options.pollIntervalMs ?? pollDelayMs(reading.window))
    await untilNextRead(pollAt, announced, again, clock, { signal, newHead })
  }
}

/**
 * One stream of the adjudicator's logs. Reads only when the consumer asks for the next step: a slow consumer gets fewer
 * and larger steps, and nothing piles up. Ends only when closed.
 */
export function follow(options: FollowOptions, deps: FollowDeps): AdjudicatorSubscription {
  const closing = new AbortController()
  const newHead = wakeSignal()

  async function* untilClosed(): AsyncGenerator<ChainStep, void, undefined> {
    let unwatch: (() => void) | undefined
    try {
      unwatch = deps.watchHeads?.(() => newHead.wake())
      yield* steps(options, deps, { signal: closing.signal, newHead })
    } catch (error) {
      if (!closing.signal.aborted) throw error
    } finally {
      unwatch?.()
    }
  }

  const stream = untilClosed()
  const close = async (): Promise<void> => {
    closing.abort()
    await stream.return()
  }
  return { [Symbol.asyncIterator]: () => stream, close, [Symbol.asyncDispose]: close }
}
