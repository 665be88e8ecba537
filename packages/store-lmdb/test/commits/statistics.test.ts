import { describe, expect, it } from 'vitest'
import { channelOf, create, ledger, newest } from '../support/channels.ts'
import { lmdbPlace } from '../support/place.ts'

describe('the statistics of the LMDB store', () => {
  it('tell how many commits shared a transaction, the refused ones included', async () => {
    await using place = lmdbPlace()
    await using store = place.store()
    await store.open([ledger])
    expect(store.statistics()).toEqual({ commits: 0, transactions: 0 })

    const channels = Array.from({ length: 10 }, (_, number) => channelOf(number))
    await Promise.all(channels.map((channel) => store.commit([create(channel, 1n)])))
    expect(store.statistics()).toEqual({ commits: 10, transactions: 1 })

    const [first = channelOf(0)] = channels
    await expect(store.commit([newest(first, 1n)])).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
    await store.commit([newest(first, 2n)])
    expect(store.statistics()).toEqual({ commits: 12, transactions: 3 })
  })
})
