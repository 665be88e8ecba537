import { parseStateHash } from '@perun-watcher/core'
import { testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import { nextEntry } from '../../src/entries/next-entry.ts'
import { forgetEntry, recalledEntry, rememberEntry } from '../../src/entries/recent-entries.ts'

describe('an index entry that was written', () => {
  const { id, signed } = testChannel()
  const { params, state, sigs } = signed(1n)
  const newest = { state, sigs, hash: parseStateHash(id) }
  const create = { type: 'createChannel', id, params, parents: [], clients: [], newest } as const
  const entry = nextEntry(undefined, create, () => 0)
  if (entry === undefined) throw new Error('A new channel has an entry.')

  it('is recalled for the very bytes that were made of it', () => {
    rememberEntry(id, Buffer.from('as written'), entry)
    expect(recalledEntry(id, Buffer.from('as written'))).toBe(entry)
  })

  it('is not recalled for any others: what the file holds counts', () => {
    rememberEntry(id, Buffer.from('as written'), entry)
    expect(recalledEntry(id, Buffer.from('as writteN'))).toBeUndefined()
    expect(recalledEntry(id, Buffer.from('as written!'))).toBeUndefined()
    expect(recalledEntry(testChannel().id, Buffer.from('as written'))).toBeUndefined()
  })

  it('is forgotten with its channel', () => {
    rememberEntry(id, Buffer.from('as written'), entry)
    forgetEntry(id)
    expect(recalledEntry(id, Buffer.from('as written'))).toBeUndefined()
  })

  it('stays while it is written again and again, however many others there are', () => {
    for (let other = 0; other < 5_000; other++) {
      rememberEntry(testChannel().id, Buffer.from('other'), entry)
      if (other % 1_000 === 0) rememberEntry(id, Buffer.from('as written'), entry)
    }
    expect(recalledEntry(id, Buffer.from('as written'))).toBe(entry)
  })

  it('is forgotten after many others', () => {
    rememberEntry(id, Buffer.from('as written'), entry)
    for (let other = 0; other < 4_096; other++) rememberEntry(testChannel().id, Buffer.from('other'), entry)
    expect(recalledEntry(id, Buffer.from('as written'))).toBeUndefined()
  })
})
