import type { ChainTime } from '../model/ledger.ts'
import { isAtMercy, lastsUntil } from './deadline.ts'
import type { TreeNode } from './plan-tree.ts'
import { standsFor } from './record-rules.ts'

/**
 * A registered channel of a tree whose app can be played on the chain once its window is over. From then on one participant
 * alone can replace its record by a state that only they signed. No tree can contain such a state, so every state above
 * that locks the channel could no longer be registered: what stands for the root by then, stays.
 */
export function isPlayable({ channel: { params, record }, held }: TreeNode, now: ChainTime): boolean {
  if (params.app === undefined || record === undefined) return false
  // Nothing can be played after a final state.
  if (held.state.isFinal && standsFor(record, held)) return false
  return record.phase === 'dispute' || (record.phase === 'forceExec' && now < record.timeout)
}

/** Until when the tree must be registered, for the play to come too late to harm the root. */
export function playDeadline({ channel }: TreeNode, now: ChainTime): ChainTime {
  return lastsUntil(channel, now) ?? now
}

/** Whether the window is over and only luck kept the app from being played so far. */
export function isOpenToPlay(node: TreeNode, now: ChainTime): boolean {
  return isPlayable(node, now) && isAtMercy(node.channel, now)
}
