import { isWatcherError } from '@perun-watcher/core'
import type { Readiness, Status } from '../control/protocol.ts'
import type { AccountBalance } from './account-balances.ts'

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
      }
    | undefined
  /** What the RPC endpoints disagree about, as sentences. */
  readonly disagreements: readonly string[]
  readonly storeFailedBy: Error | undefined
  readonly accounts: readonly AccountBalance[]
}

type Reason = Readiness['reasons'][number]

/** Whether states published now would be defended, as far as can be known; and if not, why. */
export function readinessOf(facts: ReadinessFacts): Readiness {
  const { phase, missing, chain, disagreements, storeFailedBy, accounts } = facts
  const reasons: Reason[] = [
    ...missing.map((message) => ({ code: 'SETTING_MISSING', message })),
    ...(phase === 'running' || phase === 'unconfigured'
      ? []
      : [{ code: phase.toUpperCase(), message: `The daemon is ${phase}.` }]),
    ...(phase === 'running' && chain !== undefined ? chainReasons(chain) : []),
    ...disagreements.map((message) => ({ code: 'ENDPOINTS_DISAGREE', message })),
    ...(storeFailedBy === undefined ? [] : [failure('STORE_FAILED', 'The store cannot be written', storeFailedBy)]),
    ...(phase === 'running' ? accountReasons(accounts) : []),
  ]
  return { ready: reasons.length === 0, reasons }
}

function chainReasons(chain: NonNullable<ReadinessFacts['chain']>): readonly Reason[] {
  const { isCurrent, headAgeMs, maxHeadAgeMs, stalledBy } = chain
  const age = Math.round(headAgeMs / 1000)
  return [
    ...(stalledBy === undefined ? [] : [failure('CHAIN_UNREACHABLE', 'The chain cannot be followed', stalledBy)]),
    ...(isCurrent ? [] : [{ code: 'CATCHING_UP', message: 'Not everything up to the newest block was read yet.' }]),
    ...(headAgeMs <= maxHeadAgeMs
      ? []
      : [{ code: 'HEAD_STALE', message: `No new block for ${age} s; at most ${maxHeadAgeMs / 1000} s are normal.` }]),
  ]
}

/** One account that can pay answers; how many of them there are is a question of capacity. */
function accountReasons(accounts: readonly AccountBalance[]): readonly Reason[] {
  if (accounts.some(({ balance, isLow }) => balance !== undefined && !isLow)) return []
  return accounts.map(({ address, balance }) =>
    balance === undefined
      ? { code: 'BALANCE_UNKNOWN', message: `The balance of ${address} could not be read.` }
      : {
          code: 'ACCOUNT_UNDERFUNDED',
          message: `${address} holds ${balance} wei, less than account.min_balance_ether.`,
        },
  )
}

function failure(code: string, what: string, error: Error): Reason {
  return isWatcherError(error)
    ? { code: error.code, message: `${what}: ${error.shortMessage}` }
    : { code, message: `${what}.` }
}
