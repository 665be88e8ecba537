/** Fills the store at a path until it is refused, and prints what happened: run where files may not grow for long. */
import { isWatcherError } from '@perun-watcher/core'
import { lmdbStore } from '../../src/index.ts'
import { channelOf, create, ledger } from './channels.ts'

const store = lmdbStore({ path: process.argv.at(-1) ?? '' })
await store.open([ledger])

const codes: string[] = []
let written = 0
for (let number = 0; codes.length < 3; number++) {
  try {
    await store.commit(Array.from({ length: 20 }, (_, index) => create(channelOf(number * 20 + index), 1n)))
    written++
  } catch (error) {
    codes.push(isWatcherError(error) ? error.code : String(error))
  }
}
const first = await store.load(channelOf(0).id)
await store.close()
process.stdout.write(JSON.stringify({ codes, written, isReadable: first !== undefined }))
