/** Writes to a store while its disk is bad and after, and prints what happened: run with `bad-disk.c` in front. */
import { rmSync, writeFileSync } from 'node:fs'
import { isWatcherError } from '@perun-watcher/core'
import { lmdbStore } from '../../src/index.ts'
import { channelOf, create, ledger, newest } from './channels.ts'

const store = lmdbStore({ path: process.argv.at(-1) ?? '' })
await store.open([ledger])
const channel = channelOf(0)
await store.commit([create(channel, 0n)])

const outcome = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'written',
    (error: unknown) => (isWatcherError(error) ? error.code : String(error)),
  )
const version = async (): Promise<bigint> => (await store.load(channel.id))?.newest.state.version ?? -1n

const told: string[] = []
for (const variable of ['BAD_SYNC', 'BAD_META']) {
  const file = process.env[variable] ?? ''
  const before = await version()
  writeFileSync(file, '')
  const writes = [1n, 2n].map((step) => outcome(store.commit([newest(channel, before + step)])))
  told.push(...(await Promise.all(writes)))
  told.push((await version()) === before ? 'readable' : 'changed')
  told.push(await outcome(store.commit([newest(channel, before + 3n)])))
  rmSync(file)
  for (let count = 0; count < 2; count++)
    told.push(await outcome(store.commit([newest(channel, (await version()) + 1n)])))
  told.push((await version()) === before + 2n ? 'kept' : 'lost')
}
told.push(...(await store.verify()).damaged.map(({ error }) => error.message))
await store.close()
process.stdout.write(JSON.stringify(told))
