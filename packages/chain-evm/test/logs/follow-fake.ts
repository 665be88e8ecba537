import type { AdjudicatorSubscription, Block } from '@perun-watcher/core'
import { chainReader } from '../../src/logs/chain-reader.ts'
import { type FollowOptions, follow } from '../../src/logs/follow.ts'
import type { EvmClient } from '../../src/rpc/evm-client.ts'
import { silentLogger } from '../../src/runtime/silent-logger.ts'
import { type QuickClock, quickClock } from '../support/clocks.ts'
import { adjudicator, type FakeChain } from '../support/fake-chain.ts'

export interface FakeFollow {
  readonly subscription: AdjudicatorSubscription
  readonly clock: QuickClock
  readonly heads: Block[]
}

export interface FakeFollowOptions extends Partial<FollowOptions> {
  readonly watchHeads?: EvmClient['watchHeads']
}

/** The log stream of a chain in memory, on a clock that does not wait. */
export function followFake(chain: FakeChain, { watchHeads, ...options }: FakeFollowOptions = {}): FakeFollow {
  const clock = quickClock()
  const heads: Block[] = []
  const subscription = follow(
    { fromBlock: undefined, finalityDepth: 4, pollIntervalMs: 1_000, ...options },
    {
      reader: chainReader(chain.client, adjudicator),
      watchHeads,
      clock,
      random: () => 0.5,
      logger: silentLogger,
      onHead: (head) => heads.push(head),
    },
  )
  return { subscription, clock, heads }
}
