import { type Hex, hasCode, isWatcherError, parseBytes, parseClientName } from '@perun-watcher/core'
import {
  type Inclusion,
  memorySpendingLog,
  type SendRank,
  type SpendingBudgets,
  type SpendingChanges,
  type SpendingEntry,
  type SpendingLog,
  silentLogger,
  spendingBook,
  type TransactionAttempt,
} from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAddress } from '../../../src/index.ts'
import { type TransactionManager, transactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { manualClock } from '../../support/clocks.ts'
import { FakeNode, type Fault, fakeSigner, parseFakeTransaction } from '../support/fake-node.ts'
import { faultyJournal } from '../support/faulty-journal.ts'
import { managerOptions } from '../support/manager-options.ts'
import { purposeOf } from '../support/purposes.ts'

const gwei = 1_000_000_000n
const cap = 300n * gwei
const finalityDepth = 5
const clientOf = (index: number) => parseClientName(`client-${index}`)
const contract = parseAddress(`0x${'c0'.repeat(20)}`)

/** Other runs than those of every day: set both, and a failing one tells its seed. */
const numRuns = Number(process.env['SIMULATION_RUNS'] ?? 60)
const seed = Number(process.env['SIMULATION_SEED'] ?? 1)

type Step =
  | { readonly type: 'send'; readonly seconds: number; readonly rank: SendRank; readonly client: number }
  | { readonly type: 'abort'; readonly index: number }
  | { readonly type: 'mine'; readonly room: number; readonly baseFee: bigint; readonly isTold: boolean }
  | { readonly type: 'reorg'; readonly depth: number; readonly keep: boolean }
  | { readonly type: 'drop'; readonly index: number }
  | { readonly type: 'fault'; readonly faults: readonly (Fault | undefined)[] }
  | { readonly type: 'time'; readonly ms: number }
  | { readonly type: 'disk'; readonly failures: number }
  | { readonly type: 'restart' }

const baseFee = fc
  .oneof(
    { arbitrary: fc.bigInt(1n, 3n), weight: 4 },
    { arbitrary: fc.bigInt(1n, 200n), weight: 1 },
    { arbitrary: fc.constant(1_000n), weight: 1 },
  )
  .map((n) => n * gwei)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('send'),
      seconds: fc.integer({ min: 13, max: 2_000 }),
      rank: fc.constantFrom<SendRank>('first-answer', 'improvement', 'settlement'),
      client: fc.nat(1),
    }),
  },
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

/** The log of spending fails as well. */
const stepOrFault: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: step },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disk'), failures: fc.nat(20) }) },
)

/** What a run left. */
interface World {
  readonly node: FakeNode
  readonly calls: readonly Call[]
  /** How many calls were made before the last run. */
  readonly restartedAt: number
  readonly journaled: readonly TransactionAttempt[]
  readonly entries: readonly SpendingEntry[]
}

interface Call {
  readonly data: Hex
  readonly rank: SendRank
  readonly client: number
  readonly stop: AbortController
  outcome: Inclusion | { readonly error: unknown } | undefined
}

/** Lets everything happen that waits for no clock: the node answers at once. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The next writes fail, as many as are said: until then nothing of what happens is on disk. */
function faultyLog(): SpendingLog & { failures: number } {
  const inner = memorySpendingLog()
  const log = {
    failures: 0,
    read: inner.read,
    write: async (changes: SpendingChanges) => {
      if (log.failures-- > 0) throw new Error('disk full')
      await inner.write(changes)
    },
  }
  return log
}

async function simulate(steps: readonly Step[], budgets: SpendingBudgets = {}): Promise<World> {
  const node = new FakeNode()
  const clock = manualClock()
  const journal = faultyJournal()
  const spendingLog = faultyLog()
  const signers = [fakeSigner(0), fakeSigner(1)]
  const calls: Call[] = []
  const start = async (): Promise<TransactionManager> => {
    const spending = spendingBook({ budgets, clock, logger: silentLogger })
    await spending.open(spendingLog)
    const manager = transactionManager({
      ...managerOptions,
      spending,
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

  const send = ({ seconds, rank, client }: Extract<Step, { type: 'send' }>): void => {
    const call: Call = {
      rank,
      client,
      data: parseBytes(`0x${(calls.length + 1).toString(16).padStart(8, '0')}`),
      stop: new AbortController(),
      outcome: undefined,
    }
    calls.push(call)
    const deadline = node.head.timestamp + BigInt(seconds)
    const purpose = purposeOf(rank, { clients: [clientOf(client)] })
    manager.send({ to: contract, data: call.data, deadline, purpose }, { signal: call.stop.signal }).then(
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
        return send(now)
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
      case 'disk':
        spendingLog.failures = now.failures
        return
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
  spendingLog.failures = 0
  node.baseFee = gwei
  for (let block = 0; block < 200; block++) {
    node.mine(10)
    await manager.onHead(node.head)
    await settled()
  }

  await manager.close()
  expect(clock.sleepers, 'left sleeping').toBe(0)
  for (const raw of node.sent) expect(parseFakeTransaction(raw).fees.maxFeePerGas <= cap).toBe(true)
  const { entries } = await spendingLog.read()
  return { node, calls, restartedAt, journaled: journal.entries, entries }
}

function assertEnded({ node, calls, restartedAt, journaled }: World): void {
  for (const { outcome, data, rank } of calls) {
    if (outcome === undefined) throw new Error('a call never ended')
    const times = node.included().filter(({ call }) => call.data === data).length
    expect(times, 'included twice').toBeLessThanOrEqual(1)
    if ('block' in outcome) continue
    const { error } = outcome
    const code = isWatcherError(error) ? error.code : error
    const refused = rank === 'first-answer' ? [] : ['BUDGET_EXCEEDED']
    expect(['DEADLINE_PASSED', 'CHAIN_UNREACHABLE', 'WATCHER_CLOSED', 'stopped', ...refused]).toContain(code)
  }
  // What an earlier run left is not sent by itself, and keeps nothing back.
  const ofThisRun = new Set<Hex>(calls.slice(restartedAt).map(({ data }) => data))
  const mustBeOver = ({ call }: { readonly call: { readonly data: Hex } }): boolean =>
    restartedAt === 0 || ofThisRun.has(call.data)
  expect(node.pool.filter(mustBeOver), 'left waiting at the node').toEqual([])
  const isSpent = ({ lane, sequence }: TransactionAttempt): boolean => sequence < node.nonceOf(parseAddress(lane))
  expect(
    journaled.filter((entry) => isSpent(entry) || mustBeOver(parseFakeTransaction(entry.raw))),
    'left in the journal',
  ).toEqual([])
}

/**
 * What the chain took is written down: each transaction once, with what it cost, and for whom. After a restart what was signed
 * for one call may be put down to another that had its nonce afterwards.
 */
function assertAccounted({ node, calls, entries, restartedAt }: World, isForgetful: boolean): void {
  const paid = node.paid()
  const found = new Map(
    entries.flatMap(({ outcome }) => (outcome.type === 'pending' ? [] : [[outcome.hash, outcome.cost]])),
  )
  expect(found).toEqual(paid)
  for (const transaction of node.included()) {
    const entry = entries.find(({ lane, sequence }) => lane === transaction.account && sequence === transaction.nonce)
    const call = calls.find(({ data }) => data === transaction.call.data)
    if (call === undefined || isForgetful) continue
    const wanted = restartedAt === 0 ? [call] : callsWith(transaction, { node, calls })
    const { rank, clients } = entry?.cause ?? {}
    expect(wanted.map((each) => [each.rank, clientOf(each.client)])).toContainEqual([rank, clients?.[0]])
  }
}

/** Every call for which something was sent with the nonce of a transaction. */
function callsWith(
  { account, nonce }: { readonly account: string; readonly nonce: bigint },
  { node, calls }: Pick<World, 'node' | 'calls'>,
): World['calls'] {
  const sent = node.sent.map(parseFakeTransaction).filter((each) => each.account === account && each.nonce === nonce)
  return calls.filter(({ data }) => sent.some(({ call }) => call.data === data))
}

/** What is limited stays within its limit, unless a first answer waits behind it. */
function assertWithin({ perClientAndDay }: SpendingBudgets, { node, calls }: World): void {
  if (perClientAndDay === undefined || calls.some(({ rank }) => rank === 'first-answer')) return
  const paid = node.paid()
  for (const client of [0, 1]) {
    const own = new Set(calls.filter((call) => call.client === client).map(({ data }) => data))
    const costs = node.included().flatMap(({ hash, call }) => (own.has(call.data) ? (paid.get(hash) ?? 0n) : []))
    expect(costs.reduce((sum, cost) => sum + cost, 0n) <= perClientAndDay, 'more than the budget').toBe(true)
  }
}

describe('whatever nodes, blocks and callers do', () => {
  it('every call ends, nothing is included twice, no nonce is left behind, and all that is paid is written down', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const world = await simulate(steps)
        assertEnded(world)
        assertAccounted(world, false)
      }),
      { numRuns, seed },
    )
  })

  it('first answers are paid, and the others within the budgets, and both are written down once the disk takes it', async () => {
    const budgets = fc.record({ perClientAndDay: fc.bigInt(0n, 20n).map((few) => few * 150_000n * 3n * gwei) })
    const limited = fc.oneof(
      fc.array(stepOrFault, { maxLength: 60, size: 'max' }),
      fc.array(
        stepOrFault.filter((each) => each.type !== 'send' || each.rank !== 'first-answer'),
        { maxLength: 60, size: 'max' },
      ),
    )
    await fc.assert(
      fc.asyncProperty(limited, budgets, async (steps, limits) => {
        const world = await simulate(steps, limits)
        const isForgetful = steps.some(({ type }) => type === 'disk')
        assertAccounted(world, isForgetful)
        if (!isForgetful) assertWithin(limits, world)
        const codes = world.calls.flatMap(({ rank, outcome }) =>
          rank === 'first-answer' && outcome !== undefined && 'error' in outcome ? [outcome.error] : [],
        )
        expect(codes.some((error) => hasCode(error, 'BUDGET_EXCEEDED'))).toBe(false)
      }),
      { numRuns, seed },
    )
  })
})
