import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription, BlockStep } from '../../../src/adapter.ts'
import {
  type AdjudicatorEvent,
  type AdjudicatorLog,
  type Block,
  parseBlockHash,
  parseChannelId,
  parseClientName,
  parseStateHash,
  parseTransactionHash,
} from '../../../src/index.ts'
import { applySteps } from '../../../src/watcher/chain/apply-steps.ts'
import { chainClock } from '../../../src/watcher/chain/chain-clock.ts'
import { recordTracker } from '../../../src/watcher/chain/record-tracker.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { silentLogger } from '../../../src/watcher/engine/silent-logger.ts'
import type { Notifier } from '../../../src/watcher/notifications/notifier.ts'

const id = parseChannelId(`0x${'11'.repeat(32)}`)
const client = parseClientName('alice')
const finalityDepth = 4

interface Mined {
  readonly block: Block
  readonly logs: readonly AdjudicatorLog[]
}

interface Moment {
  /** Blocks that a reorg takes out first; never a final one. */
  readonly reorged: number
  /** Logs in each new block. */
  readonly logs: readonly number[]
  /** The stream breaks off before, and is opened again after it. */
  readonly isUnseen: boolean
  /** Blocks per step while a new stream catches up. */
  readonly stride: number
}

const moment: fc.Arbitrary<Moment> = fc.record({
  reorged: fc.integer({ min: 0, max: finalityDepth }),
  logs: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 }),
  isUnseen: fc.boolean(),
  stride: fc.integer({ min: 1, max: 4 }),
})

const hash = (high: number, low: number): `0x${string}` =>
  `0x${high.toString(16).padStart(32, '0')}${low.toString(16).padStart(32, '0')}`

/** A chain that only grows and forks; versions are never used twice, so that each log is recognised. */
function testChain() {
  let blocks: readonly Mined[] = []
  let minted = 0
  function mine(count: number): Mined {
    minted += 1
    const block = { number: BigInt(blocks.length), hash: parseBlockHash(hash(1, minted)), timestamp: BigInt(minted) }
    const logs = Array.from({ length: count }, (_, logIndex): AdjudicatorLog => {
      const version = BigInt(minted * 10 + logIndex)
      const transactionHash = parseTransactionHash(hash(2, minted * 10 + logIndex))
      return { channelId: id, version, phase: 'dispute', timeout: 9n, block, transactionHash, logIndex }
    })
    const mined = { block, logs }
    blocks = [...blocks, mined]
    return mined
  }
  return {
    mine,
    get blocks() {
      return blocks
    },
    takeOut(count: number): readonly Mined[] {
      const gone = blocks.slice(Math.max(1, blocks.length - count))
      blocks = blocks.slice(0, blocks.length - gone.length)
      return gone
    },
  }
}

function stepOf(added: readonly Mined[], removed: readonly Mined[], isCurrent: boolean): BlockStep {
  const head = added.at(-1)?.block
  if (head === undefined) throw new Error('a step without a block')
  const finalNumber = head.number - BigInt(finalityDepth)
  return {
    type: 'block',
    head,
    finalNumber: finalNumber < 0n ? 0n : finalNumber,
    reorgedFrom: removed[0]?.block.number,
    removed: removed.flatMap(({ logs }) => logs).reverse(),
    added: added.flatMap(({ logs }) => logs),
    isCurrent,
    gap: false,
  }
}

function subscriptionOf(steps: readonly BlockStep[]): AdjudicatorSubscription {
  const close = async (): Promise<void> => {}
  return {
    async *[Symbol.asyncIterator]() {
      yield* steps
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function inStrides(blocks: readonly Mined[], stride: number): readonly (readonly Mined[])[] {
  return Array.from({ length: Math.ceil(blocks.length / stride) }, (_, at) =>
    blocks.slice(at * stride, (at + 1) * stride),
  )
}

type TestChain = ReturnType<typeof testChain>
type TestView = ReturnType<typeof testView>

/** The engine's view of one channel behind streams of steps. */
function testView() {
  const index = channelIndex()
  const events: AdjudicatorEvent[] = []
  const notifier: Pick<Notifier, 'notify' | 'notifyOne'> = {
    notify: (event) => void events.push(event),
    notifyOne() {},
  }
  index.put({
    id,
    participants: 2,
    isLedger: false,
    windowSeconds: 60,
    parents: [],
    clients: [client],
    unbriefed: [],
    version: 0n,
    hash: parseStateHash(hash(0, 0)),
    isFinal: false,
    bytes: 0,
    locks: [],
    olderLocks: [],
    historyLocks: [],
    historyBytes: 0,
    otherLines: [],
    record: undefined,
    readAt: undefined,
    pending: [],
  })
  const clock = chainClock({ now: () => 0 })
  const tracker = recordTracker({ index, book: { observe: index.patch }, chainClock: clock, notifier })
  let finalNumber = -1n
  return {
    get recordedVersion() {
      return index.get(id)?.record?.version
    },
    get finalNumber() {
      return finalNumber
    },
    /** How often a version was told, final or not. */
    timesTold: (version: bigint) =>
      events.filter((event) => event.type === 'registered' && event.version === version).length,
    /** Versions that were told and not taken back. */
    toldVersions(): readonly bigint[] {
      const told = new Set<bigint>()
      for (const event of events) {
        if (event.type === 'registered') told.add(event.version)
        if (event.type === 'removed') told.delete(event.fact.version)
      }
      return [...told].sort()
    },
    follow: (steps: readonly BlockStep[]): Promise<void> =>
      applySteps(subscriptionOf(steps), {
        recordTracker: tracker,
        chainClock: clock,
        logger: silentLogger,
        reactions: {
          onChange: () => {},
          onFinal: (_, number) => {
            finalNumber = number
          },
          onGap: () => {},
          onCatchingUp: () => {},
          onStep: () => {},
          onStalled: () => {},
        },
      }),
  }
}

/** One stream tells what happens until a moment goes unseen; then the next one begins after the last final block. */
async function live(moments: readonly Moment[], chain: TestChain, view: TestView): Promise<void> {
  let steps: BlockStep[] = [stepOf([chain.mine(1)], [], true)]
  for (const { reorged, logs, isUnseen, stride } of moments) {
    const removed = chain.takeOut(reorged)
    // The new branch is longer than the old one.
    const added = [...logs, ...removed.map(() => 0)].map((count) => chain.mine(count))
    if (!isUnseen) {
      steps.push(stepOf(added, removed, true))
      continue
    }
    await view.follow(steps)
    const missed = chain.blocks.filter(({ block }) => block.number > view.finalNumber)
    const strides = inStrides(missed, stride)
    steps = strides.map((blocks, at) => stepOf(blocks, [], at === strides.length - 1))
  }
  await view.follow(steps)
}

describe('what the chain holds, as the engine follows it', () => {
  it('is what the last log says, through reorgs that the stream told and others that it missed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 12 }), async (moments) => {
        const chain = testChain()
        const view = testView()
        await live(moments, chain, view)
        const versions = chain.blocks.flatMap(({ logs }) => logs.map(({ version }) => version))
        expect(view.recordedVersion).toBe(versions.at(-1))
        expect(view.toldVersions()).toEqual(versions.sort())
      }),
      { numRuns: 500 },
    )
  })

  it('is not told again because a reorg deeper than any should be took out what came after it', async () => {
    const chain = testChain()
    const view = testView()
    const [first, second] = [chain.mine(1), chain.mine(1)]
    const empty = Array.from({ length: finalityDepth + 1 }, () => chain.mine(0))
    const steps = [first, second, ...empty].map((mined) => stepOf([mined], [], true))
    const removed = chain.takeOut(chain.blocks.length - 1)
    const others = removed.map(() => chain.mine(0))
    const [version = 0n, gone = 0n] = [first, second].flatMap(({ logs }) => logs.map((log) => log.version))
    await view.follow([...steps, stepOf(others, removed, true)])
    expect(view.toldVersions()).toEqual([version])
    // The cursor was not stored meanwhile.
    await view.follow([stepOf(chain.blocks, [], true)])
    expect([view.timesTold(version), view.timesTold(gone)]).toEqual([2, 2])
  })
})
