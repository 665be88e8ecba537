import { describe, expect, it } from 'vitest'
import { type StoredChannel, stateBytes } from '../../../src/adapter.ts'
import { parseClientName, parseStateHash } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { channelBytes, channelLru } from '../../../src/watcher/channels/channel-lru.ts'

const [a, b, c] = [testChannel(), testChannel(), testChannel()]

function storedAt(version: bigint, { params, signed } = a): StoredChannel {
  const { state, sigs } = signed(version)
  const newest = { state, sigs, hash: parseStateHash(`0x${'11'.repeat(32)}`) }
  const history = { states: 0, bytes: 0, locks: [] }
  return { params, parents: [], clients: [], newest, older: [], history, otherLines: [], records: [] }
}

const size = channelBytes(storedAt(1n))

describe('recent channels', () => {
  it('are those used last, as far as there is room', () => {
    const recent = channelLru(2 * size)
    for (const channel of [a, b]) recent.set(channel.id, storedAt(1n, channel))
    // Used later than the other one.
    expect(recent.get(a.id)).toEqual(storedAt(1n, a))
    recent.set(c.id, storedAt(1n, c))
    expect([a, b, c].map(({ id }) => recent.get(id) !== undefined)).toEqual([true, false, true])
  })

  it('make room when they are replaced or forgotten', () => {
    const recent = channelLru(2 * size)
    for (const version of [1n, 2n, 3n]) recent.set(a.id, storedAt(version, a))
    recent.set(b.id, storedAt(1n, b))
    expect(recent.get(a.id)?.newest.state.version).toBe(3n)
    recent.delete(a.id)
    recent.delete(a.id)
    recent.set(c.id, storedAt(1n, c))
    expect([a, b, c].map(({ id }) => recent.get(id) !== undefined)).toEqual([false, true, true])
  })

  it('do not give way to one for which there is no room at all', () => {
    const recent = channelLru(size)
    recent.set(a.id, storedAt(1n, a))
    recent.set(b.id, { ...storedAt(1n, b), older: [storedAt(2n, b).newest] })
    expect([a, b].map(({ id }) => recent.get(id) !== undefined)).toEqual([true, false])
  })

  it('are as large as all that may be long in them', () => {
    const stored = storedAt(1n)
    const extra = stateBytes(stored.newest)
    expect(channelBytes({ ...stored, older: [stored.newest, stored.newest] })).toBe(size + 2 * extra)
    // What is kept besides is not loaded with the channel; what it locks is.
    const history = { states: 3, bytes: 3 * extra, locks: [b.id] }
    expect(channelBytes({ ...stored, history })).toBe(size + b.id.length)
    const { newest } = stored
    const other = { number: 1, clients: [], newest, older: [newest], history }
    expect(channelBytes({ ...stored, otherLines: [other] })).toBe(size + 2 * extra + b.id.length)
    expect(channelBytes({ ...stored, clients: [parseClientName('somebody')], parents: [b.id] })).toBe(size + 8 + 66)
    const [first, ...others] = stored.params.participants
    if (first === undefined) throw new Error('A channel has participants.')
    const longer = { ...first, crossChainAddress: testChannel().params.participants[0]?.address ?? first.address }
    const params = { ...stored.params, participants: [longer, ...others] }
    expect(channelBytes({ ...stored, params })).toBe(
      size + longer.crossChainAddress.length - first.crossChainAddress.length,
    )
  })
})
