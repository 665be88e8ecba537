import { createHash } from 'node:crypto'
import { type ChannelId, type ClientName, parseChannelId, parseSignature, parseStateHash } from '@perun-watcher/core'
import type { StoreChange } from '@perun-watcher/core/adapter'
import { ledgerId } from './bench-backend.ts'
import { paramsOf, stateOf } from './signed-channel.ts'

const params = paramsOf(0)
const template = stateOf(parseChannelId(`0x${'00'.repeat(32)}`), 7n)
/** Of the size of real ones. Whoever writes into a store directly is not asked for valid ones. */
const sigs = ['11', '22'].map((byte) => parseSignature(`0x${byte.repeat(64)}1b`))

function digestText(text: string): string {
  return `0x${createHash('sha256').update(text).digest('hex')}`
}

/**
 * The ids of channels that never existed, spread like hashes and in ascending order: so a store is filled many times
 * faster than in the order in which channels would come.
 */
export function fabricatedIds(count: number): readonly ChannelId[] {
  return Array.from({ length: count }, (_, number) => parseChannelId(digestText(`channel ${number}`))).sort()
}

/** What puts such a channel into a store, as if a client had watched it and its record had been looked for. */
export function fabricatedChannel(id: ChannelId, client: ClientName): readonly StoreChange[] {
  const hash = parseStateHash(digestText(id))
  const newest = { state: { ...template, channelId: id }, sigs, hash }
  return [
    { type: 'createChannel', id, params, parents: [], clients: [client], newest },
    { type: 'putRecord', id, ledger: ledgerId, record: undefined },
  ]
}
