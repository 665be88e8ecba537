import type { Address } from '@perun-watcher/chain-evm'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { PoolRules } from '../endpoint/pool-rules.ts'
import { cheaterAccount } from '../parties/cheater.ts'
import { type Chain, chain } from '../truth/chain.ts'
import { type Contract, contract } from '../truth/contract.ts'
import { type Market, market } from '../truth/market.ts'
import { type Notary, notary } from '../truth/notary.ts'
import { burningHolder } from './lives.ts'
import type { Plan } from './plan.ts'

/** The chain and what is true about it. */
export interface World {
  readonly chainId: bigint
  readonly chain: Chain
  readonly contract: Contract
  readonly market: Market
  readonly notary: Notary
  readonly rules: PoolRules
  /** What the operator allows to be offered, in wei per gas. */
  readonly cap: bigint
}

export interface WorldDeps {
  readonly plan: Plan
  /** Pay for refutations, as many as planned. */
  readonly accounts: readonly Address[]
  readonly now: () => number
}

const gwei = 1_000_000_000n
const ether = 10n ** 18n
const chainId = 31_337n
const genesisSeconds = 1_700_000_000n

/** Gas of a usual registration, with the margin that senders give it. */
const usualGas = 150_000n

function balanceOf({ theme, channels }: Plan, { peak }: Market): bigint {
  // Enough for what the market asks, and not for what somebody says it asks.
  if (theme === 'lowFunds' || theme === 'absurdTip' || theme === 'extraFee') {
    return 8n * BigInt(channels) * usualGas * peak + ether / 100n
  }
  return 100n * ether
}

export function openWorld(dice: Dice, { plan, accounts, now }: WorldDeps): World {
  const { theme, empty } = plan
  const cap = dice.fork('cap').pick([100n, 300n, 500n]) * gwei
  const own = market(dice.fork('market'), {
    spells: plan.spikes,
    cap,
    isAboveCap: theme === 'marketAboveCap',
  })
  const balance = balanceOf(plan, own)
  const emptied = accounts.slice(0, empty.count)
  const signatures = notary()
  const code = contract({ notary: signatures, burners: new Set([burningHolder]) })
  // What the OP stack takes for the data, on top of gas.
  const extraFee = (): bigint => (theme === 'extraFee' ? ether / 2_000n : 0n)
  return {
    chainId,
    cap,
    market: own,
    notary: signatures,
    contract: code,
    chain: chain({
      contract: code,
      market: own,
      now,
      genesisSeconds,
      accounts: new Map(accounts.map((each) => [each, { nonce: 0n, balance }])),
      drains: emptied.map((account) => ({ account, atMs: empty.fromMs })),
      credits: emptied.map((account) => ({ account, wei: balance, atMs: empty.untilMs })),
      extraFee,
      isFree: (each) => each === cheaterAccount,
    }),
    rules: {
      chainId,
      raise: dice.fork('pool').pick([100n, 125n]),
      pending: 16,
      queued: 64,
      feeCap: theme === 'nodeFeeCap' ? (usualGas * own.peak * 13n) / 10n : ether,
      gasCap: 2n ** 24n,
      extraFee,
    },
  }
}
