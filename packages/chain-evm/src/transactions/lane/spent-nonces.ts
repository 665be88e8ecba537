import type { Address } from '../../rpc/evm-client.ts'
import type { NodeRpc } from '../node/node-rpc.ts'

/** What a count of nonces should be, both included. */
export interface ExpectedCount {
  readonly least: bigint
  /** `undefined`: nothing is expected, so that every count is doubted. */
  readonly most: bigint | undefined
}

/** Of an account of which nothing is known yet. */
export const nothingExpected: ExpectedCount = { least: 0n, most: undefined }

export function isExpected(count: bigint, { least, most }: ExpectedCount): boolean {
  return most !== undefined && count >= least && count <= most
}

/**
 * How many nonces of the account are spent. A count that is not as expected is read once more at another endpoint; and of the
 * two the lower one counts that is not less than it can be. Behind one that is too high, what is sent would wait for ever;
 * one that is too low shows when something is sent with it.
 *
 * Rejects with the errors of the node.
 */
export async function spentNonces(
  nodeRpc: Pick<NodeRpc, 'transactionCount'>,
  account: Address,
  expected: ExpectedCount,
  tag: 'latest' | 'pending' = 'latest',
): Promise<bigint> {
  const count = await nodeRpc.transactionCount(account, tag)
  if (isExpected(count, expected)) return count
  const other = await nodeRpc.transactionCount(account, tag, { secondOpinion: true }).catch(() => count)
  const [lower, higher] = other < count ? [other, count] : [count, other]
  return lower >= expected.least ? lower : higher
}
