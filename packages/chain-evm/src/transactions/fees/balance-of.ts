import type { Address } from '../../rpc/evm-client.ts'
import type { NodeRpc } from '../node/node-rpc.ts'

/**
 * The balance of an account, in wei. One that is too little is read once more at another endpoint, and the greater one counts:
 * too little keeps everything from being sent, and of too much nodes say so themselves.
 *
 * Rejects with the errors of the node.
 */
export async function balanceOf(nodeRpc: Pick<NodeRpc, 'balance'>, account: Address, enough: bigint): Promise<bigint> {
  const balance = await nodeRpc.balance(account)
  if (balance >= enough) return balance
  const other = await nodeRpc.balance(account, { secondOpinion: true }).catch(() => balance)
  return other > balance ? other : balance
}
