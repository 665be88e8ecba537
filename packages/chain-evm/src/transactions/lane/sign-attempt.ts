import type { TransactionJournal } from '@perun-watcher/core/adapter'
import { type Lifetime, raceSignal } from '@perun-watcher/core/internal'
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
}

export interface Draft {
  readonly nonce: bigint
  readonly call: Call
  readonly cancels: boolean
  readonly fees: Fees
}

/**
 * Signs a transaction and writes it to the journal. Once this resolves the transaction would survive a crash, and may be
 * sent. Rejects with the errors of the signer and of the journal; nothing may be sent then.
 */
export function signAttempt(deps: SignAttemptDeps, { nonce, call, cancels, fees }: Draft): Promise<Attempt> {
  const { signer, chainId, journal, life } = deps
  return life.run(async (signal) => {
    const raw = await raceSignal(signer.signTransaction({ chainId, nonce, value: 0n, ...call, ...fees }), signal)
    const hash = transactionHash(raw)
    await journal.putAttempt({ lane: signer.address, sequence: nonce, hash, raw }, { signal })
    return { hash, raw, fees, call, cancels, isTried: false, isTooDear: false, acceptedAt: undefined }
  })
}
