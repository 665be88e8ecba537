import type { TransactionHash } from '../model/brand.ts'
import type { SignedState } from '../model/channel.ts'
import type { AdjudicatorLog, Block } from '../model/ledger.ts'
import type { PlayedState } from '../spi/chain.ts'
import { parseBlockHash, parseTransactionHash } from '../validation/parse-hex.ts'
import type { ModelCall } from './model-calls.ts'
import { ModelRevert } from './model-revert.ts'
import type { ModelDisputes, ModelResult } from './model-types.ts'

/** A block with all that its transactions did. */
export interface ModelBlock extends Block {
  readonly logs: readonly AdjudicatorLog[]
  readonly after: ModelDisputes
  /** One for each call, in their order. */
  readonly outcomes: readonly ModelOutcome[]
}

/** A transaction in a block; a revert changed nothing. */
export interface ModelOutcome {
  readonly transactionHash: TransactionHash
  readonly revert: ModelRevert | undefined
  readonly states: readonly SignedState[]
  readonly played: PlayedState | undefined
}

const hash32 = (n: bigint, salt: bigint): `0x${string}` => `0x${((salt << 64n) + n).toString(16).padStart(64, '0')}`

export const genesis: ModelBlock = {
  number: 0n,
  hash: parseBlockHash(hash32(0n, 0n)),
  timestamp: 1_000_000n,
  logs: [],
  after: new Map(),
  outcomes: [],
}

/** What the contract does with a call; its refusal is a value. */
export function tryCall(call: ModelCall, before: ModelDisputes, now: bigint): ModelResult | ModelRevert {
  try {
    return call.run(before, now)
  } catch (error) {
    if (error instanceof ModelRevert) return error
    throw error
  }
}

/** The block after `parent`. `fork` tells it from blocks of the same number that a reorg took out. */
export function nextBlock(
  parent: ModelBlock,
  { seconds, fork, calls }: { readonly seconds: bigint; readonly fork: bigint; readonly calls: readonly ModelCall[] },
): ModelBlock {
  const block: Block = {
    number: parent.number + 1n,
    hash: parseBlockHash(hash32(parent.number + 1n, fork)),
    timestamp: parent.timestamp + seconds,
  }
  const logs: AdjudicatorLog[] = []
  const outcomes: ModelOutcome[] = []
  let { after } = parent
  for (const [position, call] of calls.entries()) {
    const transactionHash = parseTransactionHash(hash32(block.number * 1000n + BigInt(position), fork + 1n))
    const result = tryCall(call, after, block.timestamp)
    const revert = result instanceof ModelRevert ? result : undefined
    outcomes.push({ transactionHash, revert, states: call.states, played: call.played })
    if (result instanceof ModelRevert) continue
    after = result.disputes
    for (const update of result.updates) logs.push({ ...update, block, transactionHash, logIndex: logs.length })
  }
  return { ...block, logs, after, outcomes }
}

/** Number, hash and time alone. */
export const headOf = ({ number, hash, timestamp }: Block): Block => ({ number, hash, timestamp })
