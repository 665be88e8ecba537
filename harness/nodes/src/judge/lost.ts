import type { ChannelId } from '@perun-watcher/core'
import type { TruthBlock } from '../truth/chain.ts'
import type { Facts } from './facts.ts'
import { fairSpells, needMs, payableSpells } from './fairness.ts'
import { ownTransactions } from './own-transactions.ts'

/** One dispute as it ended. */
interface Dispute {
  readonly id: ChannelId
  readonly openedMs: number
  readonly closedMs: number
  /** What stood when the window closed. */
  readonly version: bigint
  /** The newest version that was acknowledged before the window closed. */
  readonly acknowledged: bigint
  /** The newest that must stand: acknowledged while there was time to bring it in. `undefined`: there never was. */
  readonly owed: bigint | undefined
}

/** Disputes on the chain as it is in the end. */
function disputesOf(facts: Facts): readonly Dispute[] {
  return [...facts.guarded, ...facts.floods].flatMap(({ id }) => {
    const record = facts.chain.head.disputes.get(id)
    const opened = openingOf(facts, id)
    if (record === undefined || opened === undefined) return []
    const closedMs = closingOf(facts, record.timeout)
    const own = facts.acknowledged.filter(({ channelId, atMs }) => channelId === id && atMs < closedMs)
    const need = needMs(facts)
    const fair = payableSpells(facts, opened.atMs, closedMs)
    const due = own.filter(({ atMs }) => fair.some(({ fromMs, untilMs }) => untilMs - Math.max(fromMs, atMs) >= need))
    return [
      {
        id,
        openedMs: opened.atMs,
        closedMs,
        version: record.version,
        acknowledged: newest(own) ?? -1n,
        owed: newest(due),
      },
    ]
  })
}

function newest(states: readonly { readonly version: bigint }[]): bigint | undefined {
  return states
    .map(({ version }) => version)
    .reduce<bigint | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)
}

/** The block that opened the dispute that stands. */
function openingOf({ chain }: Facts, id: ChannelId): TruthBlock | undefined {
  let opened: TruthBlock | undefined
  for (let block: TruthBlock | undefined = chain.head; block?.disputes.has(id) === true; block = block.parent)
    opened = block
  return opened
}

/** When the window closed for whoever sends: the first block at or after the timeout. */
function closingOf({ chain, nowMs }: Facts, timeout: bigint): number {
  let closed = nowMs
  for (let block: TruthBlock | undefined = chain.head; block !== undefined; block = block.parent) {
    if (block.timestamp < timeout) break
    closed = block.atMs
  }
  return closed
}

/** Promise 2, while one honest endpoint answers. */
export function lostDisputes(facts: Facts): readonly string[] {
  const floods = new Set(facts.floods.map(({ id }) => id))
  const lost = disputesOf(facts).flatMap(({ id, version, owed }) => {
    // Of somebody who floods, the first answer is owed: improvements give way to others.
    const isAnswered = floods.has(id) ? version > 0n : owed !== undefined && version >= owed
    return owed === undefined || isAnswered ? [] : [`lost: ${id.slice(2, 8)}@${owed}, ${version} stands`]
  })
  return lost.length <= beyondCapacity(facts) ? [] : lost
}

/** How many channels were guarded beyond what could be answered at once, and the watcher had said so. */
function beyondCapacity({ capacity }: Facts): number {
  return capacity === undefined ? 0 : Math.max(0, capacity.channels - capacity.answerable)
}

/** What was lost for whatever reason, is told: as soon as somebody is there to hear it. */
export function untoldLosses(facts: Facts): readonly string[] {
  const need = needMs(facts)
  return disputesOf(facts).flatMap(({ id, version, acknowledged, closedMs }) => {
    const wasThere = fairSpells(facts, closedMs, facts.nowMs).some(({ fromMs, untilMs }) => untilMs - fromMs >= need)
    const isTold = facts.heard.some(({ channelId, type }) => channelId === id && type === 'endangered')
    return version >= acknowledged || !wasThere || isTold
      ? []
      : [`untold: ${id.slice(2, 8)}@${acknowledged} was not brought in, and its client never heard of any danger`]
  })
}

/** Whoever was defended by a transaction of ours hears of it, however late the receipt. */
export function untoldRefutations(facts: Facts): readonly string[] {
  const { plan, guarded, heard } = facts
  // What a crash or a reorg takes away may be told in another way.
  if (plan.crashes.length > 0 || plan.reorgs.length > 0) return []
  const ours = new Set(
    ownTransactions(facts).flatMap(({ channelId, succeeded }) => (succeeded ? channelId : undefined) ?? []),
  )
  return guarded.flatMap(({ id }) => {
    const isTold = heard.some(({ channelId, type }) => channelId === id && type === 'refuted')
    return !ours.has(id) || isTold ? [] : [`untold: ${id.slice(2, 8)} was refuted, and its client never heard of it`]
  })
}

/** Whatever is handed over while an honest endpoint answers is taken. */
export function refusedStates(facts: Facts): readonly string[] {
  const need = needMs(facts)
  return facts.given.flatMap(({ channelId, version, atMs }) => {
    const isTaken = facts.acknowledged.some((each) => each.channelId === channelId && each.version >= version)
    const wasThere = fairSpells(facts, atMs, facts.nowMs).some(({ fromMs, untilMs }) => untilMs - fromMs >= need)
    return isTaken || !wasThere ? [] : [`refused: ${channelId.slice(2, 8)}@${version} was never taken`]
  })
}
