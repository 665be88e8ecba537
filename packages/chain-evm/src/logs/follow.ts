import {
  type AdjudicatorSubscription,
  type Block,
  type ChainStep,
  type Clock,
  type Logger,
  type Random,
  type SubscribeOptions,
  toError,
} from '@perun-watcher/core'
import type { EvmClient } from '../rpc/evm-client.ts'
import { catchUp } from './catch-up.ts'
import type { ChainReader } from './chain-reader.ts'
import { type HeadReader, headReader } from './head-reader.ts'
import { MissingBlock } from './missing-block.ts'
import { backoffMs, pollDelayMs } from './pacing.ts'
import { type Waker, waker } from './waker.ts'

export interface FollowOptions extends SubscribeOptions {
  readonly finalityDepth: number
  /** `undefined`: the average time between blocks, 1 to 12 seconds. */
  readonly pollIntervalMs: number | undefined
}

export interface FollowDeps {
  readonly reader: ChainReader
  readonly watchHeads: EvmClient['watchHeads']
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Called with the head of each step before the step is handed out. Must not throw. */
  readonly onHead: (head: Block) => void
}

/** A block may be missing so often in a row before that is an outage: each reorg causes one or two. */
const missesUntilStalled = 3

interface Scope {
  readonly signal: AbortSignal
  readonly waker: Waker
}

/** Looks at the chain again and again. Throws only when `signal` aborts. */
async function* steps(
  options: FollowOptions,
  { reader, clock, random, logger, onHead }: FollowDeps,
  { signal, waker }: Scope,
): AsyncGenerator<ChainStep, void, undefined> {
  const chain: HeadReader = headReader(
    { fromBlock: options.fromBlock, finalityDepth: options.finalityDepth, signal },
    { reader, catchUp: catchUp(reader, logger, { signal }) },
  )
  let failures = 0
  // The first look always brings a step. So does the one that ends an outage, to tell that it is over.
  let owesStep = true
  let stalled = false
  for (;;) {
    const lookedAt = clock.now()
    const look = await chain.read(owesStep).catch(toError)
    signal.throwIfAborted()
    if (look instanceof Error) {
      failures += 1
      logger.debug('Could not read the chain', { failures, error: look.message })
      if (!stalled && (failures >= missesUntilStalled || !(look instanceof MissingBlock))) {
        stalled = true
        owesStep = true
        yield { type: 'stalled', cause: look }
      }
      await clock.sleep(backoffMs(failures, random), { signal })
      continue
    }
    failures = 0
    stalled = false
    if (look.step !== undefined) {
      owesStep = false
      onHead(look.step.head)
      yield look.step
    }
    if (look.behind) continue
    const delayMs = options.pollIntervalMs ?? pollDelayMs(look.window)
    await waker.wait(lookedAt + delayMs - clock.now(), signal)
  }
}

/**
 * One stream of the adjudicator's logs. Reads only when the consumer asks for the next step: a slow consumer gets fewer
 * and larger steps, and nothing piles up. Ends only when closed.
 */
export function follow(options: FollowOptions, deps: FollowDeps): AdjudicatorSubscription {
  const closing = new AbortController()
  const wakes = waker(deps.clock)

  async function* untilClosed(): AsyncGenerator<ChainStep, void, undefined> {
    let unwatch: (() => void) | undefined
    try {
      unwatch = deps.watchHeads?.(() => wakes.wake())
      yield* steps(options, deps, { signal: closing.signal, waker: wakes })
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
