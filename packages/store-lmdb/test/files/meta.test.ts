import { parseLedgerId } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { encode } from '../../src/codec/frame.ts'
import { metaKeys } from '../../src/codec/keys.ts'
import { numberCodec } from '../../src/codec/small-codecs.ts'
import { assertFormat, binding, prepare, readLedgers } from '../../src/files/meta.ts'
import type { Migration } from '../../src/files/migrations.ts'
import { openTables, put, type Tables } from '../../src/files/open-tables.ts'
import { ledger } from '../support/channels.ts'
import { lmdbPlace } from '../support/place.ts'

const served = [ledger]
const [other, third] = [parseLedgerId('ledger:2'), parseLedgerId('ledger:3')]

async function withTables(path: string, work: (tables: Tables) => Promise<void>): Promise<void> {
  const tables = openTables(path)
  try {
    await work(tables)
  } finally {
    await tables.root.close()
  }
}

const note =
  (text: string): Migration =>
  ({ meta }) =>
    put(meta, Buffer.from(text), Buffer.from('was here'))
const isNoted = ({ meta }: Tables, text: string): boolean => meta.getBinary(Buffer.from(text)) !== undefined

describe('the format of the LMDB store', () => {
  it('refuses a store that a newer version wrote, without touching it', async () => {
    await using place = lmdbPlace()
    await withTables(place.location, (tables) =>
      tables.root.childTransaction(() => put(tables.meta, metaKeys.format, encode(numberCodec, metaKeys.format, 3n))),
    )
    await expect(place.store().open([ledger])).rejects.toMatchObject({ code: 'STORE_NEWER_FORMAT' })
    await withTables(place.location, async (tables) => {
      expect(tables.meta.getBinary(metaKeys.owner)).toBeUndefined()
      expect(tables.meta.getBinary(metaKeys.ledger)).toBeUndefined()
    })
  })

  it('leads an old store through every migration that it lacks, once', async () => {
    await using place = lmdbPlace()
    const migrations = [note('one'), note('two')]
    await withTables(place.location, async (tables) => {
      await tables.root.childTransaction(() => prepare(tables, served, () => {}, migrations.slice(0, 1)))
      expect([isNoted(tables, 'one'), isNoted(tables, 'two')]).toEqual([false, false])
      await tables.root.childTransaction(() => prepare(tables, served, () => {}, migrations))
      expect([isNoted(tables, 'one'), isNoted(tables, 'two')]).toEqual([false, true])
      expect(assertFormat(tables, 3)).toBe(3)
      expect(() => assertFormat(tables, 2)).toThrow(expect.objectContaining({ code: 'STORE_NEWER_FORMAT' }))
    })
  })

  it('changes nothing when a migration fails', async () => {
    await using place = lmdbPlace()
    const failing: Migration = () => {
      throw new Error('not today')
    }
    await withTables(place.location, async (tables) => {
      await tables.root.childTransaction(() => prepare(tables, served, () => {}, []))
      const migrating = tables.root.childTransaction(() => prepare(tables, served, () => {}, [note('one'), failing]))
      await expect(migrating).rejects.toThrow('not today')
      expect(isNoted(tables, 'one')).toBe(false)
      expect(assertFormat(tables, 1)).toBe(1)
    })
  })

  it('does not migrate a store of another ledger', async () => {
    await using place = lmdbPlace()
    await withTables(place.location, async (tables) => {
      await tables.root.childTransaction(() => {
        prepare(tables, served, () => {}, [])
        binding(tables, ledger)?.()
      })
      const migrating = tables.root.childTransaction(() => prepare(tables, [other], () => {}, [note('one')]))
      await expect(migrating).rejects.toMatchObject({ code: 'STORE_OF_ANOTHER_LEDGER' })
      expect(isNoted(tables, 'one')).toBe(false)
    })
  })
})

describe('the numbers of ledgers', () => {
  it('are given in the order in which the store is bound, once and for good', async () => {
    await using place = lmdbPlace()
    await withTables(place.location, async (tables) => {
      const bind = (to: typeof ledger): Promise<void> => tables.root.childTransaction(() => binding(tables, to)?.())
      for (const to of [other, ledger, other, third, ledger]) await bind(to)
      expect(readLedgers(tables)).toEqual([other, ledger, third])
    })
  })
})
