import type { Logger } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { type BroadcastFailure, classifyBroadcast } from '../node/classify-error.ts'
import type { NodeRpc, SendOptions } from '../node/node-rpc.ts'
import type { SignedTransaction } from './signed-transaction.ts'

export interface BroadcastDeps {
  readonly account: Address
  readonly nodeRpc: NodeRpc
  readonly logger: Logger
}

export type BroadcastResult =
  | { readonly type: 'accepted' }
  | { readonly type: Exclude<BroadcastFailure, 'known'>; readonly error: unknown }

/** Whether it was refused for want of money, or by a cap on what it may cost. */
export function isForMoney(type: BroadcastFailure | BroadcastResult['type']): boolean {
  return type === 'underfunded' || type === 'tooExpensive'
}

/** Sends a signed transaction to the node. Never rejects: the error of a broadcast is never a verdict. */
export async function broadcast(
  { account, nodeRpc, logger }: BroadcastDeps,
  { hash, raw }: SignedTransaction,
  options: SendOptions,
): Promise<BroadcastResult> {
  try {
    await nodeRpc.sendRaw(raw, options)
    return { type: 'accepted' }
  } catch (error) {
    const type = classifyBroadcast(error)
    if (type === 'known') return { type: 'accepted' }
    logger.debug('A transaction was not accepted', { account, hash, reason: type })
    return { type, error }
  }
}
