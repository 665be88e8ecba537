import type { Scenario } from '../model.ts'
import { honestChannel } from './honest-channel.ts'
import { newestIsFinal } from './newest-is-final.ts'
import { newestPublishedLate } from './newest-published-late.ts'
import { oldLedgerState } from './old-ledger-state.ts'
import { oldSubChannelState } from './old-sub-channel-state.ts'
import { oldTree } from './old-tree.ts'
import { inDisguise, throughAWrapper } from './through-a-wrapper.ts'
import { throughTheOtherParent } from './through-the-other-parent.ts'

/** What the demo plays, in the order in which it is shown. A new scenario is a file and a line here. */
export const allScenarios: readonly Scenario[] = [
  oldLedgerState,
  oldSubChannelState,
  oldTree,
  throughAWrapper,
  inDisguise,
  throughTheOtherParent,
  newestPublishedLate,
  newestIsFinal,
  honestChannel,
]
