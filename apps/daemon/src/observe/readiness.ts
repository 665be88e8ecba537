import type { EndpointHealth } from '@perun-watcher/chain-evm'
import { usualGas } from '@perun-watcher/chain-evm/internal'
import { isWatcherError } from '@perun-watcher/core'
import type { Readiness, Status } from '../control/protocol.ts'
import type { AbilityName, Lacking } from './abilities.ts'
import type { AccountBalance } from './account-balances.ts'
import type { RefutationView } from './refutation-watch.ts'

export interface ReadinessFacts {
  readonly phase: Status['phase']
  /** Settings that are missing, as sentences. */
  readonly missing: readonly string[]
  readonly chain:
    | {
        readonly isCurrent: boolean
        readonly headAgeMs: number
        readonly maxHeadAgeMs: number
        readonly stalledBy: Error | undefined
        readonly refutations: Pick<RefutationView, 'failedBy' | 'late'>
      }
    | undefined
  readonly endpoints: readonly Pick<EndpointHealth, 'state'>[]
  /** What the endpoints cannot do that a dispute would need. */
  readonly lacking: readonly Lacking[]
  /** What the RPC endpoints disagree about, as sentences. */
  readonly disagreements: readonly string[]
  readonly storeFailedBy: Error | undefined
  readonly accounts: readonly AccountBalance[]
  /** In wei per gas: what a block asks for, as far as is known, and the most that may be offered. */
  readonly fees: { readonly base: bigint | undefined; readonly cap: bigint }
}

type Reason = Readiness['reasons'][number]

/**
 * Whether an old state that is registered now would be answered, as far as can be known; and if not, why. No reason is for good:
 * each goes with what it was about.
 */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const { phase, missing, chain, disagreements, storeFailedBy } = facts
  const reasons: Reason[] = [
    ...missing.map((message) => ({ code: 'SETTING_MISSING', message })),
    ...(phase === 'running' || phase === 'unconfigured'
      ? []
      : [{ code: phase.toUpperCase(), message: `The daemon is ${phase}.` }]),
    ...(phase === 'running' && chain !== undefined ? chainReasons(chain) : []),
    ...disagreements.map((message) => ({ code: 'ENDPOINTS_DISAGREE', message })),
    ...(storeFailedBy === undefined ? [] : [failure('STORE_FAILED', 'The store cannot be written', storeFailedBy)]),
    ...(phase === 'running' ? [...abilityReasons(facts), ...moneyReasons(facts)] : []),
  ]
  return { ready: reasons.length === 0, reasons }
}

function chainReasons(chain: NonNullable<ReadinessFacts['chain']>): readonly Reason[] {
  const { isCurrent, headAgeMs, maxHeadAgeMs, stalledBy, refutations } = chain
  const { failedBy, late } = refutations
  const age = Math.round(headAgeMs / 1000)
  return [
    ...(stalledBy === undefined ? [] : [failure('CHAIN_UNREACHABLE', 'The chain cannot be followed', stalledBy)]),
    ...(isCurrent ? [] : [{ code: 'CATCHING_UP', message: 'Not everything up to the newest block was read yet.' }]),
    ...(headAgeMs <= maxHeadAgeMs
      ? []
      : [{ code: 'HEAD_STALE', message: `No new block for ${age} s; at most ${maxHeadAgeMs / 1000} s are normal.` }]),
    ...(failedBy === undefined ? [] : [reasonOf('REFUTATIONS_FAIL', 'Refutations fail', failedBy)]),
    ...(late === 0
      ? []
      : [{ code: 'REFUTATIONS_LATE', message: `${late} refutations are in no block after a quarter of their time.` }]),
  ]
}

const abilityCodes = {
  sends: ['SENDS_FAIL', 'No RPC endpoint takes transactions'],
  estimates: ['ESTIMATES_FAIL', 'No RPC endpoint estimates gas'],
  traces: ['TRACES_MISSING', 'No RPC endpoint looks inside transactions, and channels are watched below others'],
} as const satisfies Readonly<Record<AbilityName, readonly [code: string, message: string]>>

function abilityReasons({ endpoints, lacking }: ReadinessFacts): readonly Reason[] {
  const areAllDown = endpoints.length > 0 && endpoints.every(({ state }) => state !== 'good')
  return [
    ...(areAllDown ? [{ code: 'ENDPOINTS_DOWN', message: 'Every RPC endpoint fails or stands still.' }] : []),
    ...lacking.map(({ ability, error }) => {
      const [code, what] = abilityCodes[ability]
      return reasonOf(code, what, error)
    }),
  ]
}

function moneyReasons({ accounts, fees: { base = 0n, cap } }: ReadinessFacts): readonly Reason[] {
  if (base >= cap) {
    const message = `A block asks for ${base} wei per gas, and account.max_fee_gwei allows ${cap}.`
    return [{ code: 'FEE_CAP_TOO_LOW', message }]
  }
  return accountReasons(accounts, usualGas * base)
}

/**
 * One account that can pay answers; how many of them there are is a question of capacity.
 *
 * @param cost in wei, of a refutation as blocks ask for now.
 */
function accountReasons(accounts: readonly AccountBalance[], cost: bigint): readonly Reason[] {
  if (accounts.some(({ balance, isLow }) => balance !== undefined && balance >= cost && !isLow)) return []
  return accounts.map(({ address, balance }) =>
    balance === undefined
      ? { code: 'BALANCE_UNKNOWN', message: `The balance of ${address} could not be read.` }
      : {
          code: 'ACCOUNT_UNDERFUNDED',
          message: `${address} holds ${balance} wei, less than account.min_balance_ether, or than the ${cost} wei of a refutation.`,
        },
  )
}

/** As {@link failure}, but under a code of its own. */
function reasonOf(code: string, what: string, error: Error): Reason {
  return { code, message: failure(code, what, error).message }
}

function failure(code: string, what: string, error: Error): Reason {
  return isWatcherError(error)
    ? { code: error.code, message: `${what}: ${error.shortMessage}` }
    : { code, message: `${what}.` }
}
