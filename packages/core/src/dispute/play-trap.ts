import type { ChainTime } from '../model/ledger.ts'
import { standsFor } from '../model/state-identity.ts'
import { orSoon } from './deadline.ts'
import type { TreeNode } from './family.ts'
import { type Instant, playOf } from './record-rules.ts'

/**
 * From when on the app of a registered channel of a tree can be played on the chain. One participant alone can then replace
 * its record by a state that only they signed. No tree can contain such a state, so every state above that locks the channel
 * could no longer be registered: what stands for the root by then, stays. `undefined`: it cannot be played any more.
 */
function playsFrom({ channel, held }: TreeNode, instant: Instant): ChainTime | undefined {
  const { record } = channel
  // Nothing can be played after a final state.
  if (record === undefined || (held.state.isFinal && standsFor(record, held))) return undefined
  const play = playOf(channel, instant)
  return play === undefined || (play.until !== undefined && play.until <= instant.now) ? undefined : play.from
}

/** Until when the tree must be registered, for the play to come too late to harm the root; `undefined`: none can come. */
export function playDeadline(node: TreeNode, instant: Instant): ChainTime | undefined {
  const from = playsFrom(node, instant)
  return from === undefined ? undefined : orSoon(from, instant)
}

/** Whether the window is over and only luck kept the app from being played so far. */
export function isOpenToPlay(node: TreeNode, instant: Instant): boolean {
  const from = playsFrom(node, instant)
  return from !== undefined && from <= instant.now
}
