import { type Logger, raceSignal, type TransactionJournal } from '@perun-watcher/core'
import type { EvmSigner } from '../../rpc/evm-client.ts'
import type { Fees } from '../fees/fee-policy.ts'
import { type BroadcastFailure, classifyBroadcast } from '../node/classify-error.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import { type Call, transactionHash } from './signed-transaction.ts'
import type { Attempt } from './slot.ts'

export interface BroadcastDeps {
  readonly signer: EvmSigner
  readonly chainId: bigint
  readonly node: NodeRpc
  readonly journal: TransactionJournal
  readonly logger: Logger
  readonly signal: AbortSignal
}

export interface Draft {
  readonly nonce: bigint
  readonly call: Call
  readonly cancels: boolean
  readonly fees: Fees
}

/**
 * Signs a transaction and writes it to the journal. Once this resolves it would survive a crash, and may be sent.
 * Rejects with the errors of the signer and of the journal; nothing may be sent then.
 */
export async function signAttempt(deps: BroadcastDeps, { nonce, call, cancels, fees }: Draft): Promise<Attempt> {
  const { signer, chainId, journal, signal } = deps
  const raw = await raceSignal(signer.signTransaction({ chainId, nonce, value: 0n, ...call, ...fees }), signal)
  const hash = transactionHash(raw)
  await journal.putAttempt({ account: signer.address, nonce, hash, raw }, { signal })
  return { hash, raw, fees, call, cancels, isTried: false, acceptedAt: undefined }
}

export type BroadcastResult =
  | { readonly type: 'accepted' }
  | { readonly type: Exclude<BroadcastFailure, 'known'>; readonly error: unknown }

/** Sends a signed transaction to the node. Never rejects: a send error is never a verdict. */
export async function broadcast({ node, logger, signer }: BroadcastDeps, attempt: Attempt): Promise<BroadcastResult> {
  try {
    await node.sendRaw(attempt.raw)
    return { type: 'accepted' }
  } catch (error) {
    const type = classifyBroadcast(error)
    if (type === 'known') return { type: 'accepted' }
    logger.debug('A transaction was not accepted', { account: signer.address, hash: attempt.hash, reason: type })
    return { type, error }
  }
}
