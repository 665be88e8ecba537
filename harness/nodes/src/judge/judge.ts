import type { Address } from '@perun-watcher/chain-evm'
import type { ChannelId } from '@perun-watcher/core'
import type { Spell } from '../faults/fault.ts'
import { faultRules } from '../faults/kinds.ts'
import type { EndpointPlan } from '../endpoint/endpoint.ts'
import type { Channel } from '../parties/channel.ts'
import type { Acknowledgement } from '../parties/client.ts'
import type { Plan } from '../run/plan.ts'
import type { Chain, TruthBlock } from '../truth/chain.ts'
import type { Market } from '../truth/market.ts'
import type { Transaction } from '../truth/transaction.ts'

/** What happened, as far as anybody but the watcher knows. */
export interface Facts {
  readonly chain: Chain
  readonly channels: readonly Channel[]
  readonly acknowledged: readonly Acknowledgement[]
  /** What clients were told. */
  readonly heard: readonly string[]
  readonly endpoints: readonly EndpointPlan[]
  readonly uptimes: readonly { readonly fromMs: number; readonly untilMs: number | undefined }[]
  readonly plan: Plan
  readonly market: Market
  /** Every transaction that the watcher signed. */
  readonly offers: readonly Transaction[]
  readonly cursors: readonly { readonly atMs: number; readonly blockNumber: bigint }[]
  readonly account: Address
  /** The operator's, in wei per gas. */
  readonly cap: bigint
  readonly nowMs: number
}

/** What must not have happened. */
export function judge(facts: Facts): readonly string[] {
  return [...lostChannels(facts), ...excessiveOffers(facts)]
}

/** How long one honest endpoint must be there, and the watcher up, within a window: then the dispute must be won. */
function needMs({ plan }: Facts): number {
  const { tempo, durationSeconds } = plan
  // The sweep reads each record once per quarter of its window; four requests may run into their limits; then some blocks.
  return Number(durationSeconds) * 250 + 4 * tempo.requestTimeoutMs + 8 * tempo.blockMs
}

function lostChannels(facts: Facts): readonly string[] {
  return facts.channels.flatMap((channel) => {
    const record = facts.chain.head.disputes.get(channel.id)
    if (record === undefined) return []
    const opened = openingOf(facts, channel.id)
    if (opened === undefined) return []
    const deadlineMs = closingOf(facts, record.timeout)
    const owed = owedVersion(facts, channel.id, opened.atMs, deadlineMs)
    if (owed === undefined || record.version >= owed) return []
    return [`lost: ${channel.id.slice(2, 8)}@${owed}, ${record.version} stands`]
  })
}

/** The block that opened the dispute that stands. */
function openingOf({ chain }: Facts, id: ChannelId): TruthBlock | undefined {
  let opened: TruthBlock | undefined
  for (let block: TruthBlock | undefined = chain.head; block !== undefined; block = block.parent) {
    if (!block.disputes.has(id)) break
    opened = block
  }
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

/** The newest version that must stand: acknowledged while there was still time for an honest watcher to bring it in. */
function owedVersion(facts: Facts, id: ChannelId, openedMs: number, deadlineMs: number): bigint | undefined {
  const need = needMs(facts)
  const fair = fairSpells(facts, openedMs, deadlineMs)
  return facts.acknowledged
    .filter(({ channelId, atMs }) => channelId === id && fair.some(({ fromMs, untilMs }) => untilMs - Math.max(fromMs, atMs) >= need))
    .map(({ version }) => version)
    .reduce<bigint | undefined>((most, version) => (most === undefined || version > most ? version : most), undefined)
}

/** Stretches of a window in which the watcher was up and at least one endpoint, the same all the time, honest. */
function fairSpells(facts: Facts, fromMs: number, untilMs: number): readonly Spell[] {
  const { endpoints, plan, nowMs } = facts
  const machine = facts.uptimes.map((up) => ({ fromMs: up.fromMs, untilMs: up.untilMs ?? nowMs }))
  const bad = [...plan.fullDisk, ...plan.drops]
  return endpoints.flatMap(({ faults }) => {
    const wrong = faults
      .filter(({ kind }) => !faultRules[kind].isHonest)
      .map(({ spell }) => spell ?? { fromMs: 0, untilMs: Number.POSITIVE_INFINITY })
    const within = machine.map((up) => ({ fromMs: Math.max(up.fromMs, fromMs), untilMs: Math.min(up.untilMs, untilMs) }))
    return [...wrong, ...bad].reduce(without, within)
  })
}

function without(stretches: readonly Spell[], hole: Spell): readonly Spell[] {
  return stretches
    .flatMap(({ fromMs, untilMs }) => [
      { fromMs, untilMs: Math.min(untilMs, hole.fromMs) },
      { fromMs: Math.max(fromMs, hole.untilMs), untilMs },
    ])
    .filter(({ fromMs, untilMs }) => fromMs < untilMs)
}

function excessiveOffers({ offers, cap }: Facts): readonly string[] {
  const above = offers.filter(({ maxFeePerGas, maxPriorityFeePerGas }) => maxFeePerGas > cap || maxPriorityFeePerGas > cap)
  return above.length === 0 ? [] : [`${above.length} offers above the cap`]
}
