import { expect, it } from 'vitest'
import { channelOf, create, ledger, newest } from '../support/channels.ts'
import { lmdbPlace } from '../support/place.ts'

it('writes nothing for a caller who gave up before the call', async () => {
  await using place = lmdbPlace()
  await using store = place.store()
  await store.open([ledger])
  const [first, second] = [channelOf(0), channelOf(1)]
  await store.commit([create(first, 1n)])
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(store.commit([newest(first, 2n), create(second, 1n)], { signal })).rejects.toThrow('enough')
  // Commits take effect in the order of the calls: had the aborted one been made, it would be there now.
  await store.commit([create(channelOf(2), 1n)])
  expect((await store.load(first.id))?.newest.state.version).toBe(1n)
  expect(await store.load(second.id)).toBeUndefined()
})
