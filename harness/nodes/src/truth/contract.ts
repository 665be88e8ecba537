import { type Address, parseAddress } from '@perun-watcher/chain-evm'
import { v1 } from '@perun-watcher/chain-evm/internal'
import { type Bytes, type ChannelId, type Hex, hasCode, parseChannelId } from '@perun-watcher/core'
import {
  type ModelAdjudicator,
  type ModelDispute,
  type ModelDisputes,
  type ModelResult,
  ModelRevert,
  modelAdjudicator,
} from '@perun-watcher/core/testing'
import { keccakHex, word } from './hash.ts'
import type { Notary } from './notary.ts'
import type { Transaction } from './transaction.ts'

/** Where the adjudicator lives. */
export const adjudicatorAddress: Address = parseAddress(`0x${'ad'.repeat(20)}`)

/** First topic of every log of the adjudicator. */
export const updateTopic: Hex = keccakHex(
  `0x${Buffer.from('ChannelUpdate(bytes32,uint64,uint8,uint64)').toString('hex')}`,
)

/** What a call did: nothing, where it was refused. */
export type Outcome =
  | { readonly type: 'done'; readonly result: ModelResult; readonly gasUsed: bigint }
  | { readonly type: 'reverted'; readonly reason: string; readonly gasUsed: bigint }

/** The adjudicator as blocks and simulations run it. */
export interface Contract {
  /** What the transaction does on top of these disputes. `isReal`: in a block, where some asset holders behave otherwise. */
  run(transaction: Transaction, before: ModelDisputes, now: bigint, isReal: boolean): Outcome
  /** What a view function answers; `undefined`: there is none of this name. */
  view(data: Hex, disputes: ModelDisputes): Hex | undefined
}

export interface ContractDeps {
  readonly notary: Notary
  /** Holders that use up all gas when somebody is paid in a block. */
  readonly burners: ReadonlySet<Bytes>
}

const selectors = { channelID: '0xdb77bb27', hashState: '0x7a114d3d', disputes: '0x11be1997' } as const

const baseGas = 21_000n

/** What data and storage cost, roughly as measured on the real contract. */
function gasOf(data: Hex, channels: number): bigint {
  return baseGas + BigInt(data.length / 2) * 12n + BigInt(channels) * 32_000n
}

const phases = ['dispute', 'forceExec', 'concluded'] as const

/** The answer of `disputes(id)`. */
function encodeDispute(dispute: ModelDispute | undefined): Hex {
  if (dispute === undefined) return `0x${word(0).repeat(6)}`
  const { timeout, challengeDuration, version, phase, stateHash, hasApp } = dispute
  const words = [timeout, challengeDuration, version, phases.indexOf(phase), BigInt(stateHash), hasApp ? 1 : 0]
  return `0x${words.map(word).join('')}`
}

const burnt = 'the holder burns all gas'

export function contract({ notary, burners }: ContractDeps): Contract {
  const adjudicator = (isReal: boolean): ModelAdjudicator =>
    modelAdjudicator(notary, {
      moveFault: () => undefined,
      holds: () => true,
      payoutFault: ({ state, asset }) => {
        const holder = state.outcome.assets[asset]?.holder
        return isReal && holder !== undefined && burners.has(holder) ? burnt : undefined
      },
    })
  const models = { real: adjudicator(true), simulated: adjudicator(false) }

  function execute(
    { data, move }: Transaction,
    model: ModelAdjudicator,
    before: ModelDisputes,
    now: bigint,
  ): { readonly result: ModelResult; readonly channels: number } {
    if (move !== undefined) return { result: move(model, before, now), channels: 1 }
    const tree = v1.decodeRegister(data)
    const [root, ...below] = tree ?? []
    if (root !== undefined) return { result: model.register(before, root, below, now), channels: 1 + below.length }
    const final = v1.decodeConcludeFinal(data)
    if (final !== undefined) return { result: model.concludeFinal(before, final, now), channels: 1 }
    throw new ModelRevert('no such function')
  }

  return {
    run(transaction, before, now, isReal) {
      if (transaction.to !== adjudicatorAddress) {
        return { type: 'done', result: { disputes: before, updates: [] }, gasUsed: baseGas }
      }
      try {
        const { result, channels } = execute(transaction, isReal ? models.real : models.simulated, before, now)
        const gasUsed = gasOf(transaction.data, channels)
        return gasUsed > transaction.gas ? refused('out of gas', transaction.gas) : { type: 'done', result, gasUsed }
      } catch (error) {
        return outcomeOf(error, transaction)
      }
    },

    view(data, disputes) {
      const args: Hex = `0x${data.slice(10)}`
      switch (data.slice(0, 10)) {
        case selectors.channelID:
        case selectors.hashState:
          return keccakHex(args)
        case selectors.disputes:
          return encodeDispute(disputes.get(idOf(args)))
        default:
          return undefined
      }
    },
  }
}

function refused(reason: string, gasUsed: bigint): Outcome {
  return { type: 'reverted', reason, gasUsed }
}

/** What a refusal costs. @throws whatever is none */
function outcomeOf(error: unknown, { data, gas }: Transaction): Outcome {
  // The codec refuses what the contract's own decoder would refuse.
  if (hasCode(error, 'STATE_MALFORMED')) return refused('malformed', baseGas)
  if (!(error instanceof ModelRevert)) throw error
  return refused(error.message, error.message === burnt ? gas : gasOf(data, 0))
}

function idOf(args: Hex): ChannelId {
  return parseChannelId(`0x${args.slice(2, 66).padEnd(64, '0')}`)
}
