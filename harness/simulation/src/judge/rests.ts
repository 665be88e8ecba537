import type { ChannelId } from '@perun-watcher/core'
import type { ChainHead, Evidence, GivenState } from './evidence.ts'

/** Per head and channel. */
const known = new WeakMap<ChainHead, Map<ChannelId, bigint | undefined>>()

/**
 * Until when the record of a channel may rest, in seconds as the contract sees them: when half of the time has passed that was
 * left to replace it. Because the watcher itself put it there, or there again, or had offered it before somebody else did; or because
 * nothing newer had been given by those who had given anything, when somebody did. `undefined`: neither.
 */
export function restsUntil(head: ChainHead, id: ChannelId, given: Given): bigint | undefined {
  const own = known.get(head) ?? new Map<ChannelId, bigint | undefined>()
  known.set(head, own)
  if (!own.has(id)) own.set(id, lookDown(head, id, given))
  return own.get(id)
}

type Given = Pick<Evidence, 'acknowledged' | 'offered'>

function lookDown(head: ChainHead, id: ChannelId, { acknowledged, offered }: Given): bigint | undefined {
  const record = head.records.get(id)
  if (record?.phase !== 'dispute') return undefined
  const restFrom = ({ timestamp }: ChainHead): bigint => timestamp + (record.timeout - timestamp + 1n) / 2n
  let made = head
  for (let at: ChainHead | undefined = head; at?.records.get(id)?.version === record.version; at = at.parent) {
    if (at.answers.get(id) === record.version) return restFrom(at)
    made = at
  }
  const ofChannel = ({ signed: { state }, atMs }: GivenState): boolean => state.channelId === id && atMs <= made.atMs
  const isOffered = offered.some((each) => ofChannel(each) && each.signed.state.version === record.version)
  if (isOffered) return restFrom(made)
  const before = acknowledged.filter(ofChannel)
  const newest = before.reduce((most, { signed: { state } }) => (state.version > most ? state.version : most), -1n)
  return before.length > 0 && newest <= record.version ? restFrom(made) : undefined
}
