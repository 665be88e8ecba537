import type { Address } from '../../rpc/evm-client.ts'
import type { FeeHead, NodeRpc } from '../node/node-rpc.ts'
import { isMined } from './confirmations.ts'
import type { LaneBook } from './lane-book.ts'
import type { Slot } from './slot.ts'

/** A transaction that a node has had for so many heads, and that no block includes by the count, may be in one all the same. */
const overdueHeads = 2n

function isOverdue({ status, attempts }: Slot, { number }: FeeHead): boolean {
  const accepted = attempts.flatMap(({ acceptedAt }) => acceptedAt ?? [])
  return status.type === 'waiting' && accepted.some((acceptedAt) => number - acceptedAt >= overdueHeads)
}

export interface ProvenCountDeps {
  readonly account: Address
  readonly book: Pick<LaneBook, 'get' | 'next'>
  readonly nodeRpc: NodeRpc
}

/**
 * A count, or a higher one where it leaves a transaction waiting that should have been included: an endpoint whose state stands
 * still counts as it did, and takes for new what is mined. Another one is asked, and the block in which it was; of two counts
 * without such a proof the first one stays, as it does where nobody else answers. Never rejects.
 */
export async function provenCount(deps: ProvenCountDeps, count: bigint, head: FeeHead): Promise<bigint> {
  const first = deps.book.get(count)
  if (first === undefined || !isOverdue(first, head)) return count
  return await higherCount(deps, count, head).catch(() => count)
}

async function higherCount({ account, book, nodeRpc }: ProvenCountDeps, count: bigint, head: FeeHead): Promise<bigint> {
  const other = await nodeRpc.transactionCount(account, 'latest', { secondOpinion: true })
  const highest = other < book.next ? other : book.next
  for (let nonce = highest - 1n; nonce >= count; nonce--) {
    const slot = book.get(nonce)
    if (slot !== undefined && (await isMined(slot, nodeRpc, head))) return nonce + 1n
  }
  return count
}
