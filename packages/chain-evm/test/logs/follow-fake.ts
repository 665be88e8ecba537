import assert from 'node:assert/strict'
import { type Block, WatcherError } from '@perun-watcher/core'
import { type AdjudicatorSubscription, type BlockStep, type ChainStep, silentLogger } from '@perun-watcher/core/adapter'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { type FollowOptions, follow } from '../../src/logs/follow.ts'
import type { EvmClient } from '../../src/rpc/evm-client.ts'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { type QuickClock, quickClock } from '../support/clocks.ts'
import { adjudicator, type Call, type FakeChain } from '../support/fake-chain.ts'

export interface FakeFollow {
  readonly subscription: AdjudicatorSubscription
  readonly clock: QuickClock
  readonly heads: Block[]
  /** When the chain was found to be another one. */
  readonly resets: readonly number[]
}

export interface FakeFollowOptions extends Partial<FollowOptions> {
  readonly watchHeads?: EvmClient['watchHeads']
}

/** The log stream of a chain in memory, on a clock that does not wait. */
export function followFake(chain: FakeChain, { watchHeads, ...options }: FakeFollowOptions = {}): FakeFollow {
  const clock = quickClock()
  const heads: Block[] = []
  const resets: number[] = []
  const subscription = follow(
    { fromBlock: undefined, finalityDepth: 4, pollIntervalMs: 1_000, ...options },
    {
      reader: chainReader(chain.client, adjudicator),
      watchHeads,
      clock,
      random: () => 0.5,
      logger: silentLogger,
      onStep: ({ head }) => heads.push(head),
      onReset: () => resets.push(clock.now()),
    },
  )
  return { subscription, clock, heads, resets }
}

/** The stream of a chain in memory, step by step. */
export class Reader implements AsyncDisposable {
  readonly chain: FakeChain
  readonly follow: FakeFollow
  readonly #steps: AsyncIterator<ChainStep>

  constructor(chain: FakeChain, options: FakeFollowOptions = {}) {
    this.chain = chain
    this.follow = followFake(chain, options)
    this.#steps = this.follow.subscription[Symbol.asyncIterator]()
  }

  async next(): Promise<ChainStep> {
    const { value, done } = await this.#steps.next()
    assert.ok(done !== true, 'the stream goes on')
    return value
  }

  async block(): Promise<BlockStep> {
    const step = await this.next()
    assert.ok(step.type === 'block', 'the chain can be followed')
    return step
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.follow.subscription.close()
  }
}

export const unreachable = (): never => {
  throw new WatcherError('CHAIN_UNREACHABLE', 'No answer.')
}

export const refuse = ({ method }: Call): never => {
  throw rpcRefused(method, { code: -32000, message: 'not today', data: undefined })
}
