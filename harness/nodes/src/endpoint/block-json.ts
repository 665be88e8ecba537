import { gasLimit, type Included, type TruthBlock, type TruthLog } from '../truth/chain.ts'
import { adjudicatorAddress } from '../truth/contract.ts'
import { hashOf, quantity } from '../truth/hash.ts'

const noHash = `0x${'00'.repeat(32)}`

export function blockJson(block: TruthBlock): Readonly<Record<string, unknown>> {
  const gasUsed = block.included.reduce((sum, each) => sum + each.gasUsed, 0n)
  return {
    number: quantity(block.number),
    hash: block.hash,
    parentHash: block.parent?.hash ?? noHash,
    timestamp: quantity(block.timestamp),
    baseFeePerGas: quantity(block.baseFee),
    logsBloom: block.bloom,
    gasLimit: quantity(gasLimit),
    gasUsed: quantity(gasUsed),
    miner: `0x${'00'.repeat(20)}`,
    stateRoot: hashOf(`state ${block.hash}`),
    transactions: block.included.map(({ transaction }) => transaction.hash),
  }
}

export function logJson(block: TruthBlock, log: TruthLog): Readonly<Record<string, unknown>> {
  return {
    address: adjudicatorAddress,
    topics: log.topics,
    data: log.data,
    blockNumber: quantity(block.number),
    blockHash: block.hash,
    transactionHash: log.transactionHash,
    transactionIndex: '0x0',
    logIndex: quantity(log.logIndex),
    removed: false,
  }
}

export function receiptJson(block: TruthBlock, { transaction, succeeded, gasUsed, logs }: Included): unknown {
  const tip = transaction.maxFeePerGas - block.baseFee
  const paidTip = tip < transaction.maxPriorityFeePerGas ? tip : transaction.maxPriorityFeePerGas
  return {
    transactionHash: transaction.hash,
    transactionIndex: '0x0',
    blockHash: block.hash,
    blockNumber: quantity(block.number),
    from: transaction.from,
    to: transaction.to,
    status: succeeded ? '0x1' : '0x0',
    gasUsed: quantity(gasUsed),
    cumulativeGasUsed: quantity(gasUsed),
    effectiveGasPrice: quantity(block.baseFee + paidTip),
    contractAddress: null,
    logsBloom: block.bloom,
    logs: logs.map((log) => logJson(block, log)),
    type: '0x2',
  }
}
