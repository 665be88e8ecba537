import { type Middleware, refusal, result } from '@perun-watcher/nodes/faults'
import { parseEther, parseGwei } from 'viem'
import { answers, hangs, nonceTooHigh } from '../../rpc-proxy/reading-faults.ts'
import { alreadyKnown, extraFee, feeCap, leastTip, sendsKept, sendsRefused } from '../../rpc-proxy/sending-faults.ts'
import type { NodesCase } from '../case.ts'
import { alone, beforeAnother, outage } from '../plays.ts'
import type { Stage } from '../stage.ts'

/** An account with hardly anything in it. */
const poor = parseEther('0.05')

/** As `alone`, with so much in the account and such a window. */
function poorly(faults: (stage: Stage) => readonly Middleware[], windowSeconds?: bigint): NodesCase['play'] {
  return async (stage) => {
    await stage.world.chain.devnet.anvil.setBalance(stage.account, poor)
    const { httpUrl } = await stage.endpoint(faults(stage))
    await stage.start([httpUrl])
    await stage.cheat(await stage.guard(windowSeconds))
  }
}

const shortWindow = 36n

/** What goes wrong on the way of a transaction into a block. */
export const sending: readonly NodesCase[] = [
  { name: 'poorAndAbsurdTip', kind: 'N7', play: poorly((stage) => [stage.fault('absurdTip')]) },
  {
    name: 'poorAndAllAbsurd',
    kind: 'N7',
    play: poorly((stage) => (['absurdTip', 'absurdGasPrice', 'absurdHistory'] as const).map(stage.fault)),
  },
  { name: 'poorAndShort', kind: 'N7', play: poorly(() => [], shortWindow) },
  { name: 'l1Fee', kind: 'N7', play: poorly(() => [extraFee(poor, parseEther('0.03'))]) },
  { name: 'l1FeeAndShort', kind: 'N7', play: poorly(() => [extraFee(poor, parseEther('0.03'))], shortWindow) },
  { name: 'feeCap', kind: 'N7', play: alone(() => [feeCap(parseEther('0.002'))]) },
  {
    name: 'feeCapAndAbsurdTip',
    kind: 'N7',
    play: alone((stage) => [feeCap(parseEther('0.002')), stage.fault('absurdTip')]),
  },
  { name: 'leastTip', kind: 'N7', play: alone(() => [leastTip(parseGwei('30'))]) },
  { name: 'alreadyKnown', kind: 'T3', play: alone(() => [alreadyKnown]) },
  { name: 'keptFirst', kind: 'T3', play: beforeAnother(() => [sendsKept]) },
  { name: 'keptOutage', kind: 'T3, N12', play: outage(() => [sendsKept]) },
  {
    name: 'sendsForbiddenFirst',
    kind: 'T3',
    play: beforeAnother(() => [
      sendsRefused(refusal(-32_601, 'the method eth_sendRawTransaction does not exist/is not available')),
    ]),
  },
  {
    name: 'sendsForbiddenOutage',
    kind: 'T3, N12',
    play: outage(() => [
      sendsRefused(refusal(-32_601, 'the method eth_sendRawTransaction does not exist/is not available')),
    ]),
  },
  {
    name: 'nonceTooLowFirst',
    kind: 'T3',
    play: beforeAnother(() => [sendsRefused(refusal(-32_000, 'nonce too low: next nonce 9, tx nonce 0'))]),
  },
  {
    name: 'underpricedFirst',
    kind: 'T3',
    play: beforeAnother(() => [sendsRefused(refusal(-32_000, 'replacement transaction underpriced'))]),
  },
  {
    name: 'insufficientFundsFirst',
    kind: 'T3',
    play: beforeAnother(() => [sendsRefused(refusal(-32_000, 'insufficient funds for gas * price + value'))]),
  },
  { name: 'nonceTooHigh', kind: 'N10', play: alone(() => [nonceTooHigh(5)]) },
  { name: 'estimateTooLow', kind: 'N8', play: alone(() => [answers('eth_estimateGas', result('0x5208'))]) },
  { name: 'estimateTooHigh', kind: 'N8', play: alone(() => [answers('eth_estimateGas', result('0x3b9aca00'))]) },
  {
    name: 'feesHang',
    kind: 'N8',
    play: alone(() => [hangs('eth_feeHistory', 'eth_gasPrice', 'eth_maxPriorityFeePerGas')]),
  },
  { name: 'balanceHangs', kind: 'N8', play: alone(() => [hangs('eth_getBalance')]) },
  {
    name: 'noReceipts',
    kind: 'N14',
    isOwnUnknown: true,
    play: alone(() => [answers('eth_getTransactionReceipt', result(null))]),
  },
  { name: 'receiptsHang', kind: 'N14', isOwnUnknown: true, play: alone(() => [hangs('eth_getTransactionReceipt')]) },
]
