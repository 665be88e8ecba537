import type { ChainTime } from '../model/ledger.ts'
import { overtime } from './deadline.ts'
import type { TreeNode } from './plan-tree.ts'

/**
 * A registered sub-channel whose app can be played on the chain once its window is over. From then on one participant
 * alone can replace its record by a state that only they signed. No tree can contain such a state, so every state of the
 * root that locks the sub-channel could no longer be registered: what stands for the root by then, stays.
 */
export function isPlayable({ channel: { params, record } }: TreeNode): boolean {
  return params.app !== undefined && record?.phase === 'dispute'
}

/** Until when the tree must be registered, for the play to come too late to harm the root. */
export function playDeadline({ channel: { record } }: TreeNode, now: ChainTime): ChainTime {
  return record !== undefined && record.timeout > now ? record.timeout : now + overtime
}

/** Whether the window is over and only luck kept the app from being played so far. */
export function isOpenToPlay(node: TreeNode, now: ChainTime): boolean {
  return isPlayable(node) && node.channel.record !== undefined && node.channel.record.timeout <= now
}
