import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BlockStep, RecordReading, RegistererSubscriber } from '../../../src/adapter.ts'
import type { AdjudicatorLog, ChannelId } from '../../../src/index.ts'
import { type ModelCall, type ModelChain, modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { parseBlockHash, parseStateHash, parseTransactionHash } from '../../../src/validation/parse-hex.ts'
import { changed } from '../../support/changed-stream.ts'
import { type Setup, setup } from '../../support/setup.ts'
import { closes } from '../support.ts'

/*
 * An endpoint that tells anything for a while, in readings and in the stream, and the truth from then on, with time left in
 * the window.
 */

type Reader = (reading: RecordReading) => RecordReading
type Bender = (step: BlockStep, id: ChannelId) => BlockStep

const [otherState, otherBlock, otherTransaction] = ['ee', 'dd', 'cc'].map((byte) => `0x${byte.repeat(32)}`)

function withRecord(change: Partial<NonNullable<RecordReading['record']>>): Reader {
  return ({ block, record }) => {
    const invented = { version: 0n, phase: 'dispute', timeout: 10n ** 7n, stateHash: undefined } as const
    return { block, record: { ...(record ?? { ...invented, blockNumber: block.number }), ...change } }
  }
}

function atOtherBlock(number: bigint): Reader {
  return ({ block, record }) => {
    const elsewhere = { ...block, number, hash: parseBlockHash(otherBlock) }
    return withRecord({ blockNumber: number })({ block: elsewhere, record })
  }
}

const phase = fc.constantFrom('dispute', 'forceExec', 'concluded')
const version = fc.bigInt({ min: 0n, max: 12n })

const readingLie: fc.Arbitrary<Reader> = fc.oneof(
  fc.constant<Reader>((reading) => reading),
  fc.constant<Reader>(({ block }) => ({ block, record: undefined })),
  version.map((each) => withRecord({ version: each })),
  phase.map((each) => withRecord({ phase: each })),
  fc.constant(withRecord({ stateHash: parseStateHash(otherState) })),
  fc.constantFrom(0n, 1n, 10n ** 15n).map((timeout) => withRecord({ timeout })),
  fc.constantFrom(0n, 3n, 10n ** 12n).map(atOtherBlock),
)

function inventedLog(log: Pick<AdjudicatorLog, 'version' | 'phase'>): Bender {
  return (step, channelId) => {
    const { head: block, added } = step
    const transactionHash = parseTransactionHash(otherTransaction)
    const invented = { ...log, channelId, timeout: block.timestamp + 600n, block, transactionHash, logIndex: 99 }
    return { ...step, added: [...added, invented] }
  }
}

const streamLie: fc.Arbitrary<Bender> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Bender>((step) => step) },
  fc.constant<Bender>((step) => ({ ...step, added: [] })),
  fc.record({ version, phase }).map(inventedLog),
  fc.constantFrom(-500n, 300n, 10n ** 9n).map(
    (by): Bender =>
      (step) => ({ ...step, head: { ...step.head, timestamp: step.head.timestamp + by } }),
  ),
)

/** Lies one after the other, again and again, until it is told to stop. */
function liar(chain: ModelChain, readers: readonly Reader[], benders: readonly Bender[], id: ChannelId) {
  const faults = { isLying: false }
  /** Attempts since the last block. */
  const sent = { sinceBlock: 0 }
  let [readings, steps] = [0, 0]
  const told: Reader = (truth) => {
    const reader = faults.isLying ? readers[readings++ % readers.length] : undefined
    return reader === undefined ? truth : reader(truth)
  }
  const overrides: Partial<RegistererSubscriber> = {
    ...changed(chain, (step) => {
      const bend = faults.isLying ? benders[steps++ % benders.length] : undefined
      return bend === undefined ? step : bend(step, id)
    }),
    readRecord: async (...args) => told(await chain.readRecord(...args)),
    async readRecords(...args) {
      const answer = await chain.readRecords?.(...args)
      if (answer === undefined) throw new Error('cannot be read')
      return { ...answer, readings: answer.readings.map(told) }
    },
    register(...args) {
      sent.sinceBlock++
      return chain.register(...args)
    },
    concludeFinal(...args) {
      sent.sinceBlock++
      return chain.concludeFinal(...args)
    },
  }
  return { faults, sent, overrides }
}

interface Game {
  readonly readers: readonly Reader[]
  readonly benders: readonly Bender[]
  /** The block of the old registration. */
  readonly at: number
  readonly isOfSub: boolean
  /** In one block with it, and nothing of that can be recovered from the chain. */
  readonly isSubClosed: boolean
  readonly isRestarted: boolean
}

const game: fc.Arbitrary<Game> = fc.record({
  readers: fc.array(readingLie, { minLength: 1, maxLength: 40 }),
  benders: fc.array(streamLie, { minLength: 1, maxLength: 20 }),
  at: fc.integer({ min: 0, max: 12 }),
  isOfSub: fc.boolean(),
  isSubClosed: fc.boolean(),
  isRestarted: fc.boolean(),
})

/** Each reading says something else than the one before it. */
const unlikeEachOther: Game = {
  readers: [withRecord({ phase: 'dispute' }), withRecord({ stateHash: parseStateHash(otherState) })],
  benders: [(step) => step],
  at: 1,
  isOfSub: false,
  isSubClosed: true,
  isRestarted: false,
}

/** Within a block: a few at once, then one after each pause, which double; all that again where a silence comes before it. */
const mostAttempts = 24

it('D4, D7: lies that end cost time and a few attempts in each block, and nothing else', {
  timeout: 120_000,
}, async () => {
  const property = fc.asyncProperty(game, async ({ readers, benders, at, isOfSub, isSubClosed, isRestarted }) => {
    const chain = modelChain()
    const root = testChannel({ duration: 1_200n })
    const sub = testChannel({ kind: 'sub', funds: 50n, duration: 1_200n })
    const { faults, sent, overrides } = liar(chain, readers, benders, isOfSub ? sub.id : root.id)
    async function mine(s: Setup, calls: readonly ModelCall[] = []): Promise<void> {
      await s.mine({ calls })
      expect(sent.sinceBlock).toBeLessThanOrEqual(mostAttempts)
      sent.sinceBlock = 0
    }
    async function pass(s: Setup, blocks: number): Promise<void> {
      for (let block = 0; block < blocks; block++) await mine(s)
    }
    const first = await setup({ chain, chainOverrides: overrides })
    const rootWatch = await first.watch(root.signed(1n))
    await rootWatch.publish(root.signed(5n, { locks: [sub] }))
    const watch = await first.watch(sub.signed(1n), root)
    for (const each of [2n, 3n, 4n, 5n, 6n]) await watch.publish(sub.signed(each))
    await first.mine()
    faults.isLying = true
    const calls = [...(isSubClosed ? closes(sub, 3n) : []), registers(root.signed(1n))]
    await pass(first, at)
    // A registration of ours, because of an invented one, may have come first.
    await mine(first, chain.dispute(root.id) === undefined ? calls : [])
    await pass(first, 24 - at)
    faults.isLying = false
    if (isRestarted) await first[Symbol.asyncDispose]()
    await using s = isRestarted ? await setup({ chain, store: first.store, chainOverrides: overrides }) : first
    await pass(s, 90)
    expect(chain.dispute(root.id)?.version ?? 5n).toBe(5n)
  })
  await fc.assert(property, { numRuns: 100, examples: [[unlikeEachOther]] })
})
