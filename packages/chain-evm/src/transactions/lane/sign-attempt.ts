import type { Clock, Logger } from '@perun-watcher/core'
import type { SpendingCause, TransactionAttempt, TransactionJournal } from '@perun-watcher/core/adapter'
import { firstOf, type Lifetime, raceSignal } from '@perun-watcher/core/internal'
import type { EvmSigner } from '../../rpc/evm-client.ts'
import type { Fees } from '../fees/fee-policy.ts'
import type { Call } from '../node/call.ts'
import { transactionHash } from './signed-transaction.ts'
import type { Attempt } from './slot.ts'

export interface SignAttemptDeps {
  readonly signer: EvmSigner
  readonly chainId: bigint
  readonly journal: TransactionJournal
  readonly life: Lifetime
  readonly clock: Clock
  readonly logger: Logger
}

export interface Draft {
  readonly nonce: bigint
  readonly call: Call
  readonly cancels: boolean
  readonly cause: SpendingCause | undefined
  readonly fees: Fees
  /** Default: it is for all endpoints. */
  readonly isAside?: boolean
  /** So little time is left that it is sent even if it cannot be stored. */
  readonly isPressing: boolean
}

/** Milliseconds that an answer with little time left waits for the journal. */
const patienceMs = 2_000

/**
 * Signs a transaction and writes it to the journal. Once this resolves it may be sent, and would survive a crash, unless
 * `isStored` says otherwise: with little time left, what a crash would forget is better than what was never sent. Rejects
 * with the errors of the signer and of the journal; nothing may be sent then.
 */
export function signAttempt(deps: SignAttemptDeps, draft: Draft): Promise<Attempt> {
  const { nonce, call, cancels, cause, fees, isAside = false, isPressing } = draft
  const { signer, chainId, life } = deps
  return life.run(async (signal) => {
    const raw = await raceSignal(signer.signTransaction({ chainId, nonce, value: 0n, ...call, ...fees }), signal)
    const hash = transactionHash(raw)
    const isStored = await store(deps, { lane: signer.address, sequence: nonce, hash, raw }, isPressing, signal)
    return {
      hash,
      raw,
      fees,
      call,
      cancels,
      cause,
      isStored,
      isTried: false,
      isAside,
      isTooDear: false,
      acceptedAt: undefined,
    }
  })
}

/** `false`: it was not stored in time, and is to be sent all the same. */
async function store(
  { clock, journal, logger }: SignAttemptDeps,
  attempt: TransactionAttempt,
  isPressing: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const storing = journal.putAttempt(attempt, { signal })
  if (!isPressing) {
    await storing
    return true
  }
  let isStored = false
  let failure: unknown
  const outcome = storing.then(
    () => {
      isStored = true
    },
    (error: unknown) => {
      failure = error
    },
  )
  await firstOf(signal, [() => outcome, (options) => clock.sleep(patienceMs, options)])
  if (isStored) return true
  const { lane: account, sequence: nonce, hash } = attempt
  logger.error(
    'A transaction is sent without a record of it, because its deadline is near',
    { account, nonce, hash },
    failure,
  )
  return false
}

/** Writes what was sent without a record of it. Rejects with the errors of the journal. */
export function storeAttempt(deps: SignAttemptDeps, nonce: bigint, { hash, raw }: Attempt): Promise<void> {
  const { signer, journal, life } = deps
  return life.run((signal) => journal.putAttempt({ lane: signer.address, sequence: nonce, hash, raw }, { signal }))
}
