import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  advance,
  type Branch,
  type ChainWindow,
  emptyWindow,
  finalNumberOf,
  placementOf,
  type TrackedBlock,
} from '../../src/logs/chain-window.ts'
import { type Header, parseBlock } from '../../src/rpc/parse-rpc.ts'
import { FakeChain } from '../support/fake-chain.ts'
import { Replay } from './replay.ts'

/** Feeds heads of a chain to the tracker, and looks parents up where it asks for them. */
class Feeder {
  readonly replay = new Replay()
  readonly chain: FakeChain
  window: ChainWindow
  readonly #finalityDepth: number
  readonly #blocks = new Map<string, TrackedBlock>()
  #highest: bigint

  constructor(length: number, finalityDepth: number) {
    this.chain = new FakeChain(length)
    this.#finalityDepth = finalityDepth
    this.#highest = this.chain.head.number
    this.window = emptyWindow(this.chain.head.number)
  }

  async mine(logs: number): Promise<void> {
    this.chain.mine(logs)
    await this.remember()
    if (this.chain.head.number > this.#highest) this.#highest = this.chain.head.number
  }

  /** Never takes out a block that is final, nor the one before the first. */
  async reorg(depth: number, logs: readonly number[], start: bigint): Promise<void> {
    const final = this.#highest - BigInt(this.#finalityDepth)
    const lowest = final > start ? final : start
    this.chain.reorg(Math.min(depth, Number(this.chain.head.number - lowest)), [])
    for (const count of logs) await this.mine(count)
  }

  /** Keeps the head for the tracker to ask for, however the chain goes on. */
  async remember(): Promise<Header> {
    const header = parseBlock(await this.chain.client.request('eth_getBlockByNumber', ['latest', false]))
    this.#blocks.set(header.hash, { header, logs: this.chain.logs(header.number) })
    return header
  }

  /** @returns whether the head brought a step */
  feed(hash: string): boolean {
    const branch: TrackedBlock[] = []
    for (let next = hash; ; ) {
      const block = this.#blocks.get(next)
      assert.ok(block)
      const placement = placementOf(this.window, block.header)
      if (placement.type === 'known' || placement.type === 'below') {
        assert.equal(branch.length, 0, 'no walk ends in the window')
        return false
      }
      branch.unshift(block)
      if (placement.type !== 'parentNeeded') {
        this.#tell({ blocks: branch, placement, doubtful: [], isComplete: true })
        return true
      }
      next = block.header.parentHash
    }
  }

  #tell(branch: Branch): void {
    const head = branch.blocks.at(-1)?.header
    assert.ok(head)
    const finalNumber = finalNumberOf(this.window, head, this.#finalityDepth)
    const { window, step } = advance(this.window, branch, { head, finalNumber, isCurrent: true })
    assert.ok(!step.gap)
    this.window = window
    this.replay.apply(step)
  }
}

const logCount = fc.constantFrom(0, 0, 1, 2)
const operation = fc.record({
  /** Blocks to take out; then blocks to mine, with so many logs. */
  depth: fc.oneof(fc.constant(0), fc.nat(8)),
  logs: fc.array(logCount, { minLength: 1, maxLength: 5 }),
  /** Whether the tracker sees the new head. If it does, it then sees the block so far below the head once more. */
  isSeen: fc.boolean(),
  back: fc.bigInt({ min: 0n, max: 8n }),
})

describe('the reorg tracker', () => {
  it('always reproduces the logs of the newest chain, whatever heads it sees in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(operation, { minLength: 1, maxLength: 40 }),
        async (finalityDepth, length, operations) => {
          const feeder = new Feeder(length, finalityDepth)
          const { chain, replay } = feeder
          const start = chain.head.number
          await feeder.remember()
          for (const { depth, logs, isSeen, back } of operations) {
            await feeder.reorg(depth, logs, start)
            if (!isSeen) continue
            expect(feeder.feed(chain.head.hash)).toBe(true)
            const old = chain.head.number - back
            if (old >= start) expect(feeder.feed(chain.block(old).hash)).toBe(false)
            expect(replay.logs).toEqual(chain.logs(start))
            expect(feeder.window.blocks.length).toBeLessThanOrEqual(finalityDepth)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('tells a gap when a final block was replaced, and goes on from the new chain', async () => {
    const feeder = new Feeder(1, 2)
    const { chain } = feeder
    feeder.feed((await feeder.remember()).hash)
    for (let i = 0; i < 5; i++) {
      await feeder.mine(1)
      feeder.feed(chain.head.hash)
    }
    const lost = feeder.window.blocks.flatMap(({ logs }) => logs).reverse()
    chain.reorg(5, [1, 1, 1, 1])
    const headers: TrackedBlock[] = []
    for (let number = feeder.window.first; number <= chain.head.number; number++) {
      const header = parseBlock(await chain.client.request('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]))
      headers.push({ header, logs: chain.logs().filter(({ block }) => block.number === number) })
    }
    const [lowest] = headers
    assert.ok(lowest)
    const placement = placementOf(feeder.window, lowest.header)
    assert.ok(placement.type === 'beyondFinality')
    const told = { head: chain.head, finalNumber: 3n, isCurrent: true }
    const { window, step } = advance(
      feeder.window,
      { blocks: headers, placement, doubtful: [], isComplete: true },
      told,
    )
    expect(step).toMatchObject({ gap: true, removed: lost, added: chain.logs(4n) })
    expect(window.anchor).toBe(lowest.header.parentHash)
  })
})
