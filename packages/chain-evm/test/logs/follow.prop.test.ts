import assert from 'node:assert/strict'
import { WatcherError } from '@perun-watcher/core'
import type { AdjudicatorSubscription, BlockStep } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { type Call, FakeChain, type Intercept } from '../support/fake-chain.ts'
import { followFake } from './follow-fake.ts'
import { Replay } from './replay.ts'

const fault = fc.constantFrom('unreachable', 'refused', 'null', 'nonsense', 'stale' as const)
const change = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('mine' as const), logs: fc.array(fc.nat(2), { maxLength: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('reorg' as const),
      depth: fc.nat(8),
      logs: fc.array(fc.nat(2), { minLength: 1, maxLength: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fault' as const), fault }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('calls' as const), count: fc.nat(6) }) },
)

type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

/** So many refusals in a row make the stream give history up, which is another test. */
const mostRefusals = 5

function faulty(chain: FakeChain, kind: string, call: Call): ReturnType<Intercept> {
  switch (kind) {
    case 'unreachable':
      throw new WatcherError('CHAIN_UNREACHABLE', 'No answer.')
    case 'refused':
      throw rpcRefused(call.method, { code: -32000, message: 'not now', data: undefined })
    case 'null':
      return null
    case 'nonsense':
      return { number: 'x' }
    default: {
      // A node behind the same address that is a little late.
      if (call.params[0] !== 'latest') return undefined
      const number = chain.head.number > 2n ? chain.head.number - 2n : 0n
      const { hash, timestamp } = chain.block(number)
      const parentHash = number === 0n ? hash : chain.block(number - 1n).hash
      return { number: `0x${number.toString(16)}`, hash, parentHash, timestamp: `0x${timestamp.toString(16)}` }
    }
  }
}

interface Disturbance {
  readonly finalityDepth: number
  readonly start: bigint
  readonly changes: readonly Change[]
}

/**
 * Applies one change before every request, so that the chain changes under every read; then lets the chain grow above
 * everything that it was.
 *
 * @returns whether nothing more will change
 */
function disturb(chain: FakeChain, { finalityDepth, start, changes }: Disturbance): () => boolean {
  const left = [...changes]
  let quiet = 0
  let highest = start
  let finished = false
  let refusals = 0

  function apply(next: Change | undefined, call: Call): ReturnType<Intercept> {
    switch (next?.type) {
      case 'calls':
        quiet = next.count
        return undefined
      case 'fault':
        if (next.fault === 'refused' || next.fault === 'null') refusals += 1
        return faulty(chain, refusals > mostRefusals ? 'unreachable' : next.fault, call)
      case 'mine':
        chain.reorg(0, next.logs)
        return undefined
      case 'reorg': {
        const lowest = Math.max(Number(highest) - finalityDepth, 0)
        chain.reorg(Math.max(Math.min(next.depth, Number(chain.head.number) - lowest), 0), next.logs)
        return undefined
      }
      case undefined:
        finished = chain.head.number > highest
        chain.mine(1)
        quiet = 5
        return undefined
    }
  }

  chain.intercept = (call) => {
    if (finished) return undefined
    quiet -= 1
    const answer = quiet >= 0 ? undefined : apply(left.shift(), call)
    if (!finished && chain.head.number > highest && left.length > 0) highest = chain.head.number
    return answer
  }
  return () => finished
}

/** Follows until everything was told (`true`), or the consumer crashes after so many steps. */
async function consume(
  stream: AdjudicatorSubscription,
  steps: number,
  onStep: (step: BlockStep) => boolean,
): Promise<boolean> {
  let left = steps
  for await (const step of stream) {
    if (step.type === 'stalled') continue
    if (onStep(step)) return true
    left -= 1
    if (left === 0) return false
  }
  return false
}

describe('the log stream', () => {
  it('gives exactly the logs of the chain in the end, whatever happens between and instead of answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.bigInt({ min: 0n, max: 12n }),
        fc.array(change, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
        async (finalityDepth, length, wanted, changes, crashes) => {
          const chain = new FakeChain(length)
          chain.reorg(0, [1, 0, 2])
          // Farther ahead would be a chain that was reset.
          const farthest = chain.head.number + BigInt(finalityDepth)
          const start = wanted < farthest ? wanted : farthest
          const isFinished = disturb(chain, { finalityDepth, start, changes })
          const replay = new Replay()
          const onStep = (step: BlockStep): boolean => {
            assert.ok(!step.gap, 'nothing was lost')
            replay.apply(step)
            return isFinished() && step.isCurrent && step.head.hash === chain.head.hash
          }
          let fromBlock = start
          for (const steps of [...crashes, Number.POSITIVE_INFINITY]) {
            const { subscription } = followFake(chain, { finalityDepth, fromBlock })
            if (await consume(subscription, steps, onStep)) break
            const next = replay.crash()
            fromBlock = next > start ? next : start
          }
          expect(replay.logs).toEqual(chain.logs(start))
          expect(replay.finalNumber).toBeGreaterThanOrEqual(chain.head.number - BigInt(finalityDepth))
        },
      ),
      { numRuns: 300 },
    )
  })
})
