import type { Bytes } from '@perun-watcher/core'
import {
  type ModelAdjudicator,
  type ModelContracts,
  type ModelCrypto,
  type ModelDisputes,
  ModelRevert,
  type ModelUpdate,
  modelAdjudicator,
} from '@perun-watcher/core/testing'
import type { Addresses, AdjudicatorCall, Call } from './call.ts'
import {
  askHolder,
  type Funds,
  holdersAt,
  noFunds,
  type Outcome,
  outcomeFault,
  settledText,
  withOutcome,
} from './model-holders.ts'

/** All that the contracts keep. */
export interface World {
  readonly disputes: ModelDisputes
  readonly funds: Funds
}

export const emptyWorld: World = { disputes: new Map(), funds: noFunds }

/** What came of a call; `reason` is `ok` or why it was refused. */
export interface Answered {
  readonly reason: string
  readonly updates: readonly ModelUpdate[]
  /** What asset holders logged, after the adjudicator's updates. */
  readonly holderLogs: readonly string[]
  readonly world: World
}

/** The contracts of a devnet in memory. */
export interface ModelLedger {
  /** Everything but a refusal in the contracts' words is a fault of the model's and thrown on. */
  apply(world: World, call: Call, now: bigint): Answered
}

const nobody = `0x${'00'.repeat(20)}`

export function modelLedger(addresses: Addresses, crypto: ModelCrypto): ModelLedger {
  const { chainId, app } = addresses
  const holders = holdersAt(addresses)

  /** The adjudicator over funds that its calls change, whether or not they are refused in the end. */
  function adjudicatorOver(till: { funds: Funds }, paid: Outcome[]): ModelAdjudicator {
    const contracts: ModelContracts = {
      moveFault: ({ params }) => (params.app === app ? undefined : 'without a reason'),
      holds: (asset) => asset.chainId === chainId && asset.holder !== nobody,
      payoutFault: ({ params, state, asset, balances }) => {
        const holder: Bytes | undefined = state.outcome.assets[asset]?.holder
        if (holder === undefined) throw new RangeError(`The state has no asset ${asset}.`)
        const outcome = { holder, channelId: state.channelId, participants: params.participants, balances }
        const fault = outcomeFault(till.funds, holders, outcome)
        if (fault !== undefined) return fault
        till.funds = withOutcome(till.funds, outcome)
        paid.push(outcome)
        return undefined
      },
    }
    return modelAdjudicator(crypto, contracts)
  }

  function adjudicate(world: World, call: AdjudicatorCall, now: bigint): Answered {
    const till = { funds: world.funds }
    const paid: Outcome[] = []
    try {
      const { disputes, updates } = run(adjudicatorOver(till, paid), world.disputes, call, now)
      const holderLogs = paid.map(({ holder, channelId }) => settledText(holder, channelId))
      return { reason: 'ok', updates, holderLogs, world: { disputes, funds: till.funds } }
    } catch (error) {
      if (!(error instanceof ModelRevert)) throw error
      return { reason: error.message, updates: [], holderLogs: [], world }
    }
  }

  return {
    apply(world, call, now) {
      if (!('holder' in call)) return adjudicate(world, call, now)
      const answer = askHolder(world.funds, holders, call)
      if ('reason' in answer) return { reason: answer.reason, updates: [], holderLogs: [], world }
      return { reason: 'ok', updates: [], holderLogs: answer.logs, world: { ...world, funds: answer.funds } }
    },
  }
}

function run(adjudicator: ModelAdjudicator, disputes: ModelDisputes, call: AdjudicatorCall, now: bigint) {
  switch (call.name) {
    case 'register':
      return adjudicator.register(disputes, call.channel, call.subChannels, now)
    case 'progress':
      return adjudicator.progress(disputes, call.move, now)
    case 'conclude':
      return adjudicator.conclude(disputes, call.channel, call.subStates, now)
    case 'concludeFinal':
      return adjudicator.concludeFinal(disputes, call.channel, now)
  }
}
