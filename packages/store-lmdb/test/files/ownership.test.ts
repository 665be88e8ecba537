import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openTables } from '../../src/files/open-tables.ts'
import { takeOwnership } from '../../src/files/ownership.ts'
import { ledger } from '../support/channels.ts'
import { type LmdbPlace, lmdbPlace } from '../support/place.ts'

/** A store as it is found once its process was killed: with an owner who does not answer, and that owner's socket. */
async function abandoned(place: LmdbPlace): Promise<{ readonly path: string; readonly socket: string }> {
  const path = place.beside('abandoned')
  mkdirSync(path)
  await using store = place.store()
  await store.open([ledger])
  const name = readdirSync(place.location).find((each) => each.endsWith('.sock'))
  if (name === undefined) throw new Error('The owner has no socket.')
  const socket = join(path, name)
  copyFileSync(join(place.location, 'data.mdb'), join(path, 'data.mdb'))
  linkSync(join(place.location, name), socket)
  return { path, socket }
}

it('a store that a killed process leaves is taken over, and symbolic links can be followed afterwards', async () => {
  await using place = lmdbPlace()
  const { path, socket } = await abandoned(place)
  const linked = ['before', 'after'].map((name) => {
    writeFileSync(join(path, `${name}.cjs`), '')
    symlinkSync(join(path, `${name}.cjs`), place.beside(`${name}.cjs`))
    return { link: place.beside(`${name}.cjs`), file: join(realpathSync(path), `${name}.cjs`) }
  })
  const resolve = createRequire(place.beside('program.cjs')).resolve
  const [before, after] = linked
  // The loader of modules remembers which folders are no links, and is misled only there.
  expect(resolve(before?.link ?? '')).toBe(before?.file)
  const tables = openTables(path)
  const ownership = await takeOwnership(path, tables)
  expect(resolve(after?.link ?? '')).toBe(after?.file)
  expect(existsSync(socket)).toBe(false)
  await ownership.release(tables)
  await tables.root.close()
})
