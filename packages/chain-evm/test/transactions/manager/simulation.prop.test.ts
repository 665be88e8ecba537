import { type Hex, hasCode, isWatcherError, parseBytes } from '@perun-watcher/core'
import type { Inclusion, TransactionAttempt } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { type TransactionManager, transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, type Fault, fakeSigner, parseFakeTransaction } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'

const gwei = 1_000_000_000n
const cap = 300n * gwei
const finalityDepth = 5
const contract = parseAddress(`0x${'c0'.repeat(20)}`)

/** Other runs than those of every day: set both, and a failing one tells its seed. */
const numRuns = Number(process.env['SIMULATION_RUNS'] ?? 60)
const seed = Number(process.env['SIMULATION_SEED'] ?? 1)

type Step =
  | { readonly type: 'send'; readonly seconds: number }
  | { readonly type: 'abort'; readonly index: number }
  | { readonly type: 'mine'; readonly room: number; readonly baseFee: bigint; readonly isTold: boolean }
  | { readonly type: 'reorg'; readonly depth: number; readonly keep: boolean }
  | { readonly type: 'drop'; readonly index: number }
  | { readonly type: 'fault'; readonly faults: readonly (Fault | undefined)[] }
  | { readonly type: 'time'; readonly ms: number }
  | { readonly type: 'restart' }

const baseFee = fc
  .oneof(
    { arbitrary: fc.bigInt(1n, 3n), weight: 4 },
    { arbitrary: fc.bigInt(1n, 200n), weight: 1 },
    { arbitrary: fc.constant(1_000n), weight: 1 },
  )
  .map((n) => n * gwei)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('send'), seconds: fc.integer({ min: 13, max: 2_000 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('abort'), index: fc.nat(20) }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('mine'), room: fc.nat(4), baseFee, isTold: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('reorg'),
      depth: fc.integer({ min: 1, max: finalityDepth - 1 }),
      keep: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('drop'), index: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('time'), ms: fc.integer({ min: 1_000, max: 10_000 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('fault'),
      faults: fc.array(fc.option(fc.constantFrom<Fault>('lost', 'lost-answer', 'null'), { nil: undefined }), {
        maxLength: 8,
      }),
    }),
  },
)

interface Call {
  readonly data: Hex
  readonly stop: AbortController
  outcome: Inclusion | { readonly error: unknown } | undefined
}

/** Lets everything happen that waits for no clock: the node answers at once. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function simulate(steps: readonly Step[]): Promise<void> {
  const node = new FakeNode()
  const clock = manualClock()
  const journal = faultyJournal()
  const signers = [fakeSigner(0), fakeSigner(1)]
  const calls: Call[] = []
  const start = async (): Promise<TransactionManager> => {
    const manager = transactionManager({
      ...managerOptions,
      client: node.client,
      signers,
      journal,
      clock,
      fees: { ...managerOptions.fees, maxFeePerGasCap: cap },
      finalityDepth,
      maxPendingPerLane: 3,
    })
    // Faults may hit the start, too; the operator tries again.
    for (;;) {
      try {
        await manager.start()
        return manager
      } catch (error) {
        expect(hasCode(error, 'CHAIN_UNREACHABLE')).toBe(true)
      }
    }
  }
  let manager = await start()
  /** How many calls were made before the present run. */
  let restartedAt = 0
  const isHonest = steps.every(({ type }) => type !== 'fault' && type !== 'reorg')

  const send = (seconds: number): void => {
    const call: Call = {
      data: parseBytes(`0x${(calls.length + 1).toString(16).padStart(8, '0')}`),
      stop: new AbortController(),
      outcome: undefined,
    }
    calls.push(call)
    const deadline = node.head.timestamp + BigInt(seconds)
    manager.send({ to: contract, data: call.data, deadline }, { signal: call.stop.signal }).then(
      (inclusion) => {
        expect(node.isCanonical(inclusion.block), 'told of a block that the chain does not have').toBe(true)
        call.outcome = inclusion
      },
      (error: unknown) => {
        call.outcome = { error }
        const isMissed = hasCode(error, 'DEADLINE_PASSED') && isHonest
        const isIncluded = node.included().some((transaction) => transaction.call.data === call.data)
        expect(isMissed && isIncluded, 'told as missed although a block has it').toBe(false)
      },
    )
  }

  const apply = async (now: Step): Promise<void> => {
    switch (now.type) {
      case 'send':
        return send(now.seconds)
      case 'abort':
        return calls[now.index]?.stop.abort('stopped')
      case 'mine':
        node.baseFee = now.baseFee
        node.mine(now.room)
        return now.isTold ? void manager.onHead(node.head) : undefined
      case 'reorg':
        node.reorg(now.depth, now.keep)
        return void manager.onHead(node.head)
      case 'drop':
        return node.drop(now.index)
      case 'fault':
        node.faults.push(...now.faults)
        return
      case 'time':
        return clock.advance(now.ms)
      case 'restart':
        await manager.close()
        restartedAt = calls.length
        manager = await start()
    }
  }

  for (const now of steps) {
    await apply(now)
    await settled()
  }

  // Then the world is kind again, and everything must come to an end.
  node.faults.splice(0)
  node.baseFee = gwei
  for (let block = 0; block < 200; block++) {
    node.mine(10)
    await manager.onHead(node.head)
    await settled()
  }

  for (const { outcome, data } of calls) {
    if (outcome === undefined) throw new Error('a call never ended')
    const times = node.included().filter(({ call }) => call.data === data).length
    expect(times, 'included twice').toBeLessThanOrEqual(1)
    if ('block' in outcome) continue
    const { error } = outcome
    const code = isWatcherError(error) ? error.code : error
    expect(['DEADLINE_PASSED', 'CHAIN_UNREACHABLE', 'WATCHER_CLOSED', 'stopped']).toContain(code)
  }
  // What an earlier run left is not sent by itself, and keeps nothing back.
  const ofThisRun = new Set<Hex>(calls.slice(restartedAt).map(({ data }) => data))
  const mustBeOver = ({ call }: { readonly call: { readonly data: Hex } }): boolean =>
    restartedAt === 0 || ofThisRun.has(call.data)
  expect(node.pool.filter(mustBeOver), 'left waiting at the node').toEqual([])
  const isSpent = ({ lane, sequence }: TransactionAttempt): boolean => sequence < node.nonceOf(parseAddress(lane))
  expect(
    journal.entries.filter((entry) => isSpent(entry) || mustBeOver(parseFakeTransaction(entry.raw))),
    'left in the journal',
  ).toEqual([])
  await manager.close()
  expect(clock.sleepers, 'left sleeping').toBe(0)

  for (const raw of node.sent) expect(parseFakeTransaction(raw).fees.maxFeePerGas <= cap).toBe(true)
}

describe('whatever nodes, blocks and callers do', () => {
  it('every call ends, nothing is included twice, no nonce is left behind', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), simulate), { numRuns, seed })
  })
})
