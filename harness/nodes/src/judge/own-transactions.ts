import { v1 } from '@perun-watcher/chain-evm/internal'
import type { ChannelId, Hex } from '@perun-watcher/core'
import type { Included, TruthBlock } from '../truth/chain.ts'
import type { Facts } from './facts.ts'

/** A transaction of the watcher in a block. */
export interface OwnTransaction extends Included {
  readonly block: TruthBlock
  readonly channelId: ChannelId | undefined
}

function channelOf(data: Hex): ChannelId | undefined {
  return (v1.decodeRegister(data)?.[0] ?? v1.decodeConcludeFinal(data))?.state.channelId
}

/** What blocks of the final chain include of ours. */
export function ownTransactions({ chain, accounts }: Facts): readonly OwnTransaction[] {
  const found: OwnTransaction[] = []
  for (let block: TruthBlock | undefined = chain.head; block !== undefined; block = block.parent) {
    for (const included of block.included) {
      if (!accounts.includes(included.transaction.from)) continue
      found.push({ ...included, block, channelId: channelOf(included.transaction.data) })
    }
  }
  return found
}
