import type { ChannelId, SignedState } from '@perun-watcher/core'
import type { ModelDispute } from '@perun-watcher/core/testing'
import { lastInstant } from '../judge/last-instant.ts'
import { simStateHash } from '../world/crypto.ts'
import type { Ledger, LedgerBlock, LedgerTransaction } from '../world/ledger.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { describeStates, type Trace } from '../world/trace.ts'

/** What clients gave the watcher to guard, as an onlooker knows it. */
export interface GuardedChannels {
  /** The newest acknowledged state of a channel. */
  newest(id: ChannelId): { readonly version: bigint; readonly atMs: number } | undefined
  /** The client stopped it while its parent still locked it. */
  isArchived(id: ChannelId): boolean
  isVirtual(id: ChannelId): boolean
  /** Ledger channels that the client watches above it. */
  rootsOf(id: ChannelId): number
}

/** How a call of the watcher ended. */
export type SendOutcome = 'included' | 'failed' | 'reverted' | 'superseded'

/** One call of the watcher to the adjudicator. */
export interface SentCall {
  readonly kind: 'register' | 'concludeFinal'
  /** The root first. */
  readonly states: readonly [SignedState, ...SignedState[]]
  /** The newest block that the watcher was told. */
  readonly basis: LedgerBlock | undefined
  /** What time it may be, by the heads that it was told and the time that has passed. */
  readonly times: readonly bigint[]
  /** Whether the watcher has read all the records as they stood in that block. */
  readonly isInformed: boolean
  /** By which it must be included, as the watcher says. */
  readonly deadline: bigint
  /** When the process that sends it was started, and whether it is the first. */
  readonly bootMs: number
}

/** Recognises the dispute rules in the calls that the watcher sends. */
export interface SendObserver {
  sending(call: SentCall): void
  ended(call: SentCall, outcome: SendOutcome, transaction?: LedgerTransaction): void
}

interface Node {
  readonly signed: SignedState
  readonly record: ModelDispute | undefined
  /** The chain has exactly this state already. */
  readonly isRepeated: boolean
  /** The chain has an older state, which this one is to replace. */
  readonly isRefuted: boolean
}

function nodeOf(signed: SignedState, basis: LedgerBlock | undefined): Node {
  const record = basis?.disputes.get(signed.state.channelId)
  const isRepeated = record !== undefined && record.stateHash === simStateHash(signed.state)
  return { signed, record, isRepeated, isRefuted: record !== undefined && !isRepeated }
}

export function sendObserver(trace: Trace, ledger: Ledger, guarded: GuardedChannels): SendObserver {
  const lastOfRoot = new Map<ChannelId, { readonly key: string; readonly outcome: SendOutcome }>()
  const includedBefore = new Map<string, LedgerTransaction>()
  const { meet } = trace

  const keyOf = ({ kind, states }: SentCall): string => `${kind} ${describeStates(states)}`

  /** The block that put the record there which a node replaces. */
  function openingOf({ signed, record }: Node): LedgerBlock | undefined {
    const isIt = (block: LedgerBlock): boolean =>
      block.logs.some((log) => log.channelId === signed.state.channelId && log.version === record?.version)
    return ledger.blocks.findLast(isIt)
  }

  function noticeTiming(node: Node, { basis, bootMs }: SentCall): void {
    const opening = openingOf(node)
    if (opening === undefined || basis === undefined) return
    const openedMs = millisecondsOf(opening.timestamp)
    const depth = basis.number - opening.number
    if (depth === 0n) meet('rule: acted at once')
    if (depth === 2n) meet('rule: waited for confirmations')
    if (bootMs > openedMs) meet('rule: dispute resumed after a restart')
    const acknowledged = guarded.newest(node.signed.state.channelId)
    const isPublished = acknowledged?.version === node.signed.state.version
    if (isPublished && acknowledged.atMs > openedMs) meet('rule: refuted upon publish')
  }

  function noticeRoot([root, ...subs]: readonly Node[], basis: LedgerBlock | undefined): void {
    if (root === undefined) return
    const newest = guarded.newest(root.signed.state.channelId)
    const isOlder = newest !== undefined && root.signed.state.version < newest.version
    if (isOlder && !root.isRepeated) meet('rule: older complete tree')
    if (!root.isRepeated || !subs.some(({ isRefuted }) => isRefuted)) return
    meet('rule: refuted below a standing root')
    const isClosed = root.record !== undefined && basis !== undefined && root.record.timeout <= basis.timestamp
    if (isClosed) meet('rule: refuted after the timeout of the root')
  }

  function noticeSub({ signed, isRepeated, isRefuted }: Node, root: Node | undefined): void {
    const id = signed.state.channelId
    if (isRepeated) meet('rule: registered sub-channel repeated')
    if (guarded.isArchived(id)) meet('rule: archived state defended')
    if (signed.state.outcome.locked.length > 0) meet('rule: nested tree')
    if (isRefuted && guarded.isVirtual(id)) {
      if (root?.record === undefined) meet('rule: virtual channel through its own parent')
      if (guarded.rootsOf(id) > 1) meet('rule: left to the other family')
    }
  }

  function noticeNode(node: Node): void {
    const { state } = node.signed
    const newest = guarded.newest(state.channelId)?.version
    if (newest === undefined) return
    if (node.isRepeated && state.version !== newest) meet('rule: planned around a newer record')
    if (!node.isRefuted) return
    if (state.version >= newest) meet('rule: newest state registered')
    const { challengeDuration } = node.signed.params
    if (challengeDuration <= 30n) meet('rule: answered in a window of seconds')
    if (challengeDuration >= 86_400n) meet('rule: answered in a window of days')
  }

  /** Fees and warnings are timed by the deadline that is handed to the sender. */
  function checkDeadline({ basis, times, deadline, isInformed, states }: SentCall): void {
    if (basis === undefined || !isInformed) return
    const end = lastInstant({ stateHash: simStateHash }, basis.disputes, states)
    // Where it may have passed, something else is planned.
    if (end === undefined || times.some((time) => end <= time) || deadline <= end) return
    trace.violate(`a call had until ${deadline}, but the other side can make it worthless at ${end}`)
  }

  function noticeHistory(call: SentCall): void {
    const key = keyOf(call)
    const last = lastOfRoot.get(call.states[0].state.channelId)
    if (last?.key === key && last.outcome === 'failed') meet('rule: tried again after a failure')
    if (last?.key !== key && last?.outcome === 'reverted') meet('rule: planned again after a revert')
    const before = includedBefore.get(key)
    const isStillThere = ledger.blocks.some(({ transactions }) => transactions.some((each) => each === before))
    if (before !== undefined && !isStillThere) meet('rule: refuted again after a reorg')
  }

  function noticeConclusion({ basis, states: [final] }: SentCall): void {
    meet('rule: final state concluded')
    const record = basis?.disputes.get(final.state.channelId)
    if (record !== undefined && basis !== undefined && record.timeout <= basis.timestamp) {
      meet('rule: final state beats a closed window')
    }
  }

  return {
    sending(call) {
      trace.say(`watcher sends ${keyOf(call)}`)
      noticeHistory(call)
      if (call.kind === 'concludeFinal') return noticeConclusion(call)
      const nodes = call.states.map((signed) => nodeOf(signed, call.basis))
      const [root, ...subs] = nodes
      noticeRoot(nodes, call.basis)
      checkDeadline(call)
      for (const sub of subs) noticeSub(sub, root)
      for (const node of nodes) {
        noticeNode(node)
        if (node.isRefuted) noticeTiming(node, call)
      }
    },
    ended(call, outcome, transaction) {
      const key = keyOf(call)
      trace.say(`${outcome}: ${key}`)
      lastOfRoot.set(call.states[0].state.channelId, { key, outcome })
      if (transaction !== undefined) includedBefore.set(key, transaction)
      if (outcome === 'superseded') meet('rule: newer plan took over')
    },
  }
}
