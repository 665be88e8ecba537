import type { EndangeredReason } from '@perun-watcher/core'
import type { TempoName } from '../world/tempo.ts'

/** What the engine must be seen doing; detected from outside, in what it sends, answers and tells. */
const rules = {
  'rule: newest state registered': 'A registration puts our newest state where an older one stood.',
  'rule: answered in a window of seconds': 'An older state is replaced although its window is short.',
  'rule: answered in a window of days': 'An older state is replaced in a window that is long.',
  'rule: final state concluded': 'A final state that locks nothing is settled by concludeFinal.',
  'rule: final state beats a closed window': 'concludeFinal settles a record that can no longer be refuted.',
  'rule: refuted upon publish': 'A state that is published while an older one stands on the chain refutes it.',
  'rule: refuted below a standing root': 'A sub-channel is refuted with its root repeated exactly.',
  'rule: refuted after the timeout of the root': 'A sub-channel is refuted although the window of its root is closed.',
  'rule: registered sub-channel repeated': 'A tree repeats the registered state of a sub-channel exactly.',
  'rule: planned around a newer record': 'A tree holds the registered state of a channel in the place of our newest.',
  'rule: older complete tree': 'The newest root state whose tree is complete takes the place of the newest.',
  'rule: virtual channel through its own parent':
    'A virtual channel that was registered elsewhere is refuted from here.',
  'rule: left to the other family': 'Of two families that lock a virtual channel, only one answers.',
  'rule: archived state defended': 'A tree holds the state of a sub-channel that no client watches any more.',
  'rule: nested tree': 'A tree of three levels is registered.',
  'rule: waited for confirmations': 'With time left the dispute settles in the chain before it is answered.',
  'rule: acted at once': 'With little time left the dispute is answered on the first sight.',
  'rule: tried again after a failure': 'The same states are sent again after an error.',
  'rule: planned again after a revert': 'Other states are sent after the contract refused some.',
  'rule: refuted again after a reorg': 'A registration that a reorg took out is made again.',
  'rule: newer plan took over': 'An attempt gives way to one with newer states.',
  'rule: dispute resumed after a restart': 'A dispute that began before a crash is answered after it.',
  'rule: superseded state acknowledged': 'A state is acknowledged because a newer one is stored.',
  'rule: watch restarted': 'A channel that is watched already is watched again.',
  'rule: stopped by name': 'A client ends what it started in an earlier run without starting it again.',
  'rule: two clients of one channel': 'Both are served; the channel stays guarded when one of them stops.',
  'rule: parent not stopped before its children': 'The stop of a parent is refused and changes nothing.',
  'rule: stopped while a dispute ran': 'A watch ends after the dispute is finished.',
  'rule: shutdown with everything settled': 'A shutdown ends by itself, its disputes finished.',
  'rule: shutdown within its bound': 'A shutdown ends when the caller says so.',
  'rule: silent client bounded': 'The events of a client that does not read are bounded, and the newest survive.',
  'rule: full mailbox bounded': 'What waits for a client that is away is bounded, and superseded events give way.',
  'rule: told after coming back':
    'A client that comes back after a restart of the watcher hears what it has not handled.',
  'rule: told registered': 'A registration is told.',
  'rule: told progressed': 'A force-executed state is told.',
  'rule: told concluded': 'A conclusion is told.',
  'rule: told removed': 'A fact that a reorg took out is told.',
  'rule: told learned': 'A newer state on the chain becomes ours.',
  'rule: told refuted': 'A refutation is told.',
  'rule: told stateNeeded': 'A registered state that we do not hold is asked for.',
  'rule: told final': 'A fact is told once more when no reorg can remove it.',
} as const

/** Why a state is in danger, each to be told at least once. Trees too large to register do not fit into a small world. */
type MetReason = Exclude<
  EndangeredReason,
  'tree-too-large' | 'history-cut' | 'store-failing' | 'budget-exceeded' | 'other'
>
const dangers: Readonly<Record<`rule: endangered ${MetReason}`, string>> = {
  'rule: endangered sub-channel-unknown': 'A locked channel that nobody watches is named.',
  'rule: endangered state-unknown': 'A registered state that could not be recovered is named.',
  'rule: endangered lock-mismatch': 'A lock that does not fit its channel is named.',
  'rule: endangered same-version': 'Another state with our version on the chain is named.',
  'rule: endangered unreachable': 'A ledger that does not answer is named.',
  'rule: endangered underfunded': 'An empty account is named.',
  'rule: endangered reverted': 'A registration that is refused again and again is named.',
  'rule: endangered late': 'A window that is nearly over is named.',
  'rule: endangered too-late': 'A window that closed with an older state is named.',
  'rule: endangered short-sub-window': 'An app sub-channel with a shorter window than its root is named.',
}

/** Answers to what clients must not do. */
const refusals = {
  'rule: refused STATE_MALFORMED': 'Nonsense in the place of a state.',
  'rule: refused SIGNATURE_INVALID': 'A signature of somebody else.',
  'rule: refused SIGNATURE_COUNT': 'A signature is missing.',
  'rule: refused CHANNEL_ID_MISMATCH': 'A state of another channel.',
  'rule: refused VERSION_STALE': 'A state older than the newest.',
  'rule: refused VERSION_CONFLICT': 'Another state with the newest version.',
  'rule: refused STATE_AFTER_FINAL': 'A state after a final one.',
  'rule: refused TREE_TOO_LARGE': 'A state whose registration would fit into no transaction.',
  'rule: refused STORE_FAILED': 'A state that could not be stored is not acknowledged.',
} as const

/** What must have gone wrong around the engine. */
const faults = {
  'fault: message lost': 'A call of a client never arrives.',
  'fault: message doubled': 'A call of a client arrives twice.',
  'fault: message reordered': 'A state arrives after a newer one of the same channel.',
  'fault: crash': 'The process dies and starts again on the same disk.',
  'fault: crash upon a log': 'The process dies just after it was told of something that concerns it.',
  'fault: lie upon a cheat': 'An endpoint lies just when the cheater moves.',
  'fault: crash before a write': 'A write under way is lost.',
  'fault: crash after a write': 'A write is made, and nobody hears of it.',
  'fault: store slow': 'The disk takes seconds.',
  'fault: mailboxes not stored': 'The disk refuses what waits for clients, and nothing else.',
  'fault: store fails before the work': 'The disk refuses.',
  'fault: store fails after the work': 'The disk writes and reports a failure.',
  'fault: rpc error': 'The endpoint does not answer.',
  'fault: tenant’s calls hang': 'What another tenant keeps busy gets no answer for long.',
  'fault: rpc hangs': 'Every call about one family is left without an answer for minutes.',
  'fault: stale head': 'The endpoint shows an old head.',
  'fault: reading ahead of the stream': 'A record is read at a block that the log stream has not told.',
  'fault: transaction not found': 'The endpoint does not know the transaction behind a log.',
  'fault: stream ends': 'The log stream breaks off.',
  'fault: stream catches up': 'Old blocks are told before the newest.',
  'fault: logs lost': 'The log stream has a gap.',
  'fault: logs hidden': 'The log stream leaves logs out and does not tell.',
  'fault: full block': 'No room in a block.',
  'fault: fee spike': 'Room for only one transaction of ours in a block.',
  'fault: front-running': 'Everybody else comes before us in a block.',
  'fault: reorg': 'The newest blocks are replaced.',
  'fault: reorg removes a log': 'A reorg takes out something that clients were told.',
  'fault: included and reverted': 'Somebody was faster within the block.',
  'fault: reorg below finality': 'A reorg takes out blocks that were final.',
  'fault: logs late': 'Logs are told minutes after their blocks.',
  'fault: wrong time': 'A head with a time that lies far ahead or back.',
  'fault: inclusion made up': 'A transaction is reported as included that is in no block.',
  'fault: inclusion far ahead': 'A transaction is reported as included in a block that nobody will see for long.',
  'fault: clock set wrong': 'The clock of the machine jumps, forward or back.',
  'fault: recovery refused': 'The endpoint does not give the transaction behind a log, for up to an hour.',
  'fault: account underfunded': 'The account cannot pay.',
} as const

/** Every move of the counterparty. */
const cheats = {
  'cheat: registers an old tree': 'Any signed states that fit together.',
  'cheat: registers an old sub-channel': 'The newest root with an old sub-channel below.',
  'cheat: registers a rival': 'Another state with a version that we hold.',
  'cheat: strikes just before the deadline': 'An old sub-channel below the registered root in the last minute.',
  'cheat: registers through the other parent': 'A virtual channel from a ledger channel that we may not know.',
  'cheat: progresses': 'Force execution of an app.',
  'cheat: plays on and on': 'Force execution until its version overtakes what everybody signed.',
  'cheat: concludes a final state': 'concludeFinal with a final state.',
  'cheat: concludes': 'conclude as soon as the contract allows.',
  'cheat: registers below a root of its own': 'Channels of ours below an unfunded root of any duration.',
  'cheat: registers and concludes at once': 'Below a root of no duration, in one transaction.',
  'cheat: closes a locked channel at a version of its choice':
    'Hidden, so that every root state that locks it needs a version that only those who keep all of them have.',
  'cheat: concludes a root of its own': 'Which concludes channels of ours with it.',
  'cheat: signs other funds': 'A channel that others sign alone, with funds that fit no lock of ours.',
  'cheat: ends an app and concludes at once': 'No window opens.',
  'cheat: searches': 'Any call that the contract takes, more of what it has just taken.',
  'cheat: spoils an answer': 'A call is put before the watcher’s own, so that it is refused or comes to nothing.',
  'cheat: spoils with what it had ready':
    'The second of two moves that were planned against an answer and its repetition.',
  'cheat: pays nobody': 'The holder of an asset refuses to note who owns what.',
  'cheat: hidden calldata': 'Through a wrapper that shows no states.',
  'cheat: forged calldata': 'Through a wrapper that shows forged states.',
  'cheat: floods': 'Many registrations of channels of no interest.',
} as const

const tenants = {
  'tenant: is let in': 'Somebody else watches channels of his own that lock ours.',
  'tenant: registers its own': 'Somebody else has disputes of his own about channels of ours.',
} as const

/** Every kind of chain. */
const tempos: Readonly<Record<`tempo: ${TempoName}`, string>> = {
  'tempo: usual': 'Blocks every few seconds, windows of minutes.',
  'tempo: fast': 'Blocks several times a second.',
  'tempo: slow': 'Blocks once a minute.',
  'tempo: on demand': 'Blocks come only with transactions.',
  'tempo: short windows': 'Windows of seconds.',
  'tempo: long windows': 'Windows of days.',
}

/** Every situation that is led into on purpose, to its end. */
const scenarios = {
  'scenario: a strike that no log tells': 'Nothing but the sweep shows it.',
  'scenario: a strike in a gap': 'The stream says that something is missing, and not what.',
  'scenario: a strike under wrong times': 'Its window seems to be over, or to have just begun.',
  'scenario: a reorg while the watcher is down':
    'Blocks that it had been told are replaced by others with more in them.',
  'scenario: a crash before events are stored': 'A client that is away must hear of them nevertheless.',
  'scenario: a locked channel closed at a state given among others':
    'Of several states that were handed in together, one in the middle is needed.',
  'scenario: a locked channel closed at a state with locks': 'What it locks has been released and stopped since.',
  'scenario: a locked channel closed at a state shown late': 'What hid it at first is over long before the window is.',
  'scenario: an older root that seems to help': 'Opening it at once would give the newer one up.',
  'scenario: a locked channel played away': 'Once it is played, the root cannot be registered any more.',
  'scenario: a stop while a stranger is busy': 'A dispute of somebody else holds nobody up.',
} as const

/** Everything that a run of usual size must meet at least once; what is never met, is not tested. */
export const milestones = {
  ...rules,
  ...dangers,
  ...refusals,
  ...faults,
  ...cheats,
  ...tenants,
  ...tempos,
  ...scenarios,
}

export type Milestone = keyof typeof milestones

const isMilestone = (name: string): name is Milestone => Object.hasOwn(milestones, name)

/** A name made up at run time, if it is one of the declared ones. */
export function milestoneOf(name: string): Milestone | undefined {
  return isMilestone(name) ? name : undefined
}

/** Declared and never met. */
export function unmetOf(met: ReadonlyMap<string, number>): readonly Milestone[] {
  return Object.keys(milestones)
    .filter(isMilestone)
    .filter((name) => !met.has(name))
}
