import { parseFields, parseQuantity } from '../../rpc/parse-rpc.ts'

/** What blocks paid lately: of each block that held transactions, what the cheaper and the dearer ones tipped. In wei per gas. */
export interface FeeHistory {
  /** Of the block after the head. */
  readonly nextBaseFee: bigint | undefined
  /** The median over blocks of the tip below which three fifths of each block's gas were bought; `undefined`: all were empty. */
  readonly usualTip: bigint | undefined
}

/** The blocks that are asked for. */
export const historyBlocks = 10
/** Per cent of a block's gas below which the tip is asked for. */
export const historyPercentile = 60

/** The lower one of the two in the middle where their number is even. */
export function lowerMedian(fees: readonly bigint[]): bigint | undefined {
  return fees.toSorted((a, b) => (a < b ? -1 : 1))[Math.floor((fees.length - 1) / 2)]
}

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
