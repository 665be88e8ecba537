import { describe, expect, it } from 'vitest'
import { encode } from '../../src/codec/frame.ts'
import { metaKeys } from '../../src/codec/keys.ts'
import { numberCodec } from '../../src/codec/small-codecs.ts'
import { assertFormat, bind, type Migration } from '../../src/files/meta.ts'
import { openTables, put, type Tables } from '../../src/files/open-tables.ts'
import { lmdbPlace } from '../support/place.ts'

const ledger = 'ledger:1'

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
      tables.root.childTransaction(() => put(tables.meta, metaKeys.format, encode(numberCodec, metaKeys.format, 2n))),
    )
    await expect(place.store().open(ledger)).rejects.toMatchObject({ code: 'STORE_NEWER_FORMAT' })
    await withTables(place.location, async (tables) => {
      expect(tables.meta.getBinary(metaKeys.owner)).toBeUndefined()
      expect(tables.meta.getBinary(metaKeys.ledger)).toBeUndefined()
    })
  })

  it('leads an old store through every migration that it lacks, once', async () => {
    await using place = lmdbPlace()
    const migrations = [note('one'), note('two')]
    await withTables(place.location, async (tables) => {
      await tables.root.childTransaction(() => bind(tables, ledger, migrations.slice(0, 1)))
      expect([isNoted(tables, 'one'), isNoted(tables, 'two')]).toEqual([false, false])
      await tables.root.childTransaction(() => bind(tables, ledger, migrations))
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
      await tables.root.childTransaction(() => bind(tables, ledger, []))
      const migrating = tables.root.childTransaction(() => bind(tables, ledger, [note('one'), failing]))
      await expect(migrating).rejects.toThrow('not today')
      expect(isNoted(tables, 'one')).toBe(false)
      expect(assertFormat(tables, 1)).toBe(1)
    })
  })
})
