import type { ChannelId, Hex, Phase } from '@perun-watcher/core'
import type { ModelDispute, ModelUpdate } from '@perun-watcher/core/testing'
import type { Outcome } from './apply-call.ts'
import type { Channel, Family } from './family.ts'

/** What a call did, in words that model and contract can be compared by and people can read. */
export interface Answer {
  /** `ok`, or why the call was refused. */
  readonly reason: string
  readonly updates: readonly string[]
  /** What is recorded of each of the family's channels afterwards. */
  readonly records: readonly string[]
}

const phases: readonly Phase[] = ['dispute', 'forceExec', 'concluded']

/** The model's answer. `start`: what times are told relative to. */
export function answerOf({ reason, updates, disputes }: Outcome, family: Family, start: bigint): Answer {
  return {
    reason,
    updates: updates.map((update) => `${nameOf(update.channelId, family)}: ${summaryOf(update, start)}`),
    records: family.channels.map((channel) => recordText(channel, disputes.get(channel.id), start)),
  }
}

/** A `ChannelUpdate` of the contract's in the same words. */
export function updateText(topics: readonly Hex[], data: Hex, family: Family, start: bigint): string {
  const [version = 0n, phase = 0n, timeout = 0n] = words(data)
  return `${nameOf(topics[1], family)}: ${summaryOf({ version, phase: phaseOf(phase), timeout }, start)}`
}

/** The contract's record of a channel, as `disputes` returns it, in the same words. */
export function storedText(channel: Channel, data: Hex, start: bigint): string {
  const [timeout = 0n, challengeDuration = 0n, version = 0n, phase = 0n, , hasApp = 0n] = words(data)
  const stateHash = `0x${data.slice(2 + 4 * 64, 2 + 5 * 64)}`
  const record = { timeout, challengeDuration, version, phase: phaseOf(phase), stateHash, hasApp: hasApp === 1n }
  return recordText(channel, BigInt(stateHash) === 0n && version === 0n ? undefined : record, start)
}

function recordText(
  { name }: Channel,
  record: (Omit<ModelDispute, 'stateHash'> & { readonly stateHash: string }) | undefined,
  start: bigint,
): string {
  if (record === undefined) return `${name}: nothing`
  const { stateHash, challengeDuration, hasApp } = record
  return `${name}: ${summaryOf(record, start)}, ${stateHash}, window ${challengeDuration}${hasApp ? ', app' : ''}`
}

function summaryOf({ version, phase, timeout }: Omit<ModelUpdate, 'channelId'>, start: bigint): string {
  return `version ${version}, ${phase} until ${timeout - start}`
}

function nameOf(id: ChannelId | Hex | undefined, { channels }: Family): string {
  return channels.find((channel) => channel.id === id)?.name ?? `stranger ${id}`
}

function phaseOf(number: bigint): Phase {
  const phase = phases[Number(number)]
  if (phase === undefined) throw new RangeError(`There is no phase ${number}.`)
  return phase
}

function words(data: Hex): readonly bigint[] {
  return Array.from({ length: (data.length - 2) / 64 }, (_, index) =>
    BigInt(`0x${data.slice(2 + index * 64, 66 + index * 64)}`),
  )
}
