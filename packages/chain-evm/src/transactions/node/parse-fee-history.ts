import { parseFields, parseQuantity } from '../../rpc/parse-rpc.ts'
import { type FeeHistory, lowerMedian } from '../fees/fee-market.ts'

/** The blocks that are asked for. */
export const historyBlocks = 10
/** Per cent of a block's gas below which the tip is asked for. */
export const historyPercentile = 60

function listOf(fields: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = fields[name]
  return Array.isArray(list) ? list.slice(0, historyBlocks + 1) : []
}

/**
 * The answer to `eth_feeHistory` (https://ethereum.github.io/execution-apis/api-documentation/): of each block its base fee
 * and tips, and one base fee more, of the block to come.
 *
 * @throws WatcherError `CHAIN_DATA_INVALID`
 */
export function parseFeeHistory(answer: unknown): FeeHistory {
  const fields = parseFields(answer, 'fee history')
  const baseFees = listOf(fields, 'baseFeePerGas')
  const ratios = listOf(fields, 'gasUsedRatio')
  const rewards = listOf(fields, 'reward')
  const tips = rewards
    // An empty block says nothing about tips; nodes tell zero for it.
    .filter((_, block) => ratios[block] !== 0)
    .map((row: unknown) => parseQuantity(Array.isArray(row) ? row[0] : undefined, 'fee history.reward'))
  const next = baseFees.at(-1)
  return {
    nextBaseFee: next === undefined ? undefined : parseQuantity(next, 'fee history.baseFeePerGas'),
    usualTip: lowerMedian(tips),
  }
}
