import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { hasCode, WatcherError } from '@perun-watcher/core'
import { rescueStore, restoreStore, verifyStore } from '@perun-watcher/store-lmdb'
import type { DataPlaces } from '../../config/places.ts'
import { findDaemon } from '../../control/control-client.ts'
import { jsonLine } from '../../terminal/output.ts'
import { contentsOf } from './contents.ts'
import { backUpStore, exportStore, importStore } from './store-files.ts'
import { type TaskContext, tellContents, withProgress } from './task-context.ts'

/*
 * The work of the commands that copy or move a whole store. They load this file on demand, because it brings the store's
 * library along. Each function reports its result, and most resolve to whether the store is undamaged.
 */

/** Copies the store, through the daemon if one is running, and verifies the copy. */
export async function backUp({ controlSocket, store }: DataPlaces, to: string, context: TaskContext): Promise<boolean> {
  const target = resolve(to)
  const { signal } = context
  const daemon = await findDaemon(controlSocket, { signal })
  if (daemon === undefined) await backUpStore(store, target, { signal })
  else await daemon.backup(target, { signal })
  return await check(target, [], context)
}

/** Creates the store from a backup; there must not be one yet. */
export async function restore({ store, directory }: DataPlaces, from: string, context: TaskContext): Promise<boolean> {
  const source = resolve(from)
  assertNoStore(store)
  await mkdir(dirname(store), { recursive: true, mode: 0o700 })
  const verification = await withProgress('entries checked', context, (options) =>
    restoreStore({ from: source, to: store }, options),
  )
  const hints = [
    'States acknowledged after the backup are not in it: have clients start their watches again with their newest states.',
    `Keys are not part of a backup; copy them to ${directory}.`,
  ]
  return tellContents(contentsOf(store, verification), hints, context)
}

/** Verifies a store or a backup that is not in use. */
export async function verify(path: string, context: TaskContext): Promise<boolean> {
  const hints = ['If entries are damaged, keep a copy; perun-watcher rescue then creates a new store from the rest.']
  return await check(resolve(path), hints, context)
}

async function check(path: string, hintsOnDamage: readonly string[], context: TaskContext): Promise<boolean> {
  const verification = await withProgress('entries checked', context, (options) => verifyStore(path, options))
  const contents = contentsOf(path, verification)
  return tellContents(contents, contents.damaged === 0 ? [] : hintsOnDamage, context)
}

/** Copies everything readable in a damaged store into a new one. */
export async function rescue(from: string, to: string, context: TaskContext): Promise<boolean> {
  const target = resolve(to)
  // The copy itself cannot be interrupted.
  context.signal.throwIfAborted()
  const { damaged } = await rescueStore({ from: resolve(from), to: target })
  const verification = await withProgress('entries checked', context, (options) => verifyStore(target, options))
  const lost = damaged.filter(({ isRescued }) => !isRescued)
  const hints = [
    `Of the damaged entries, ${damaged.length - lost.length} could be rebuilt and ${lost.length} could not.`,
  ]
  const channels = [...new Set(lost.flatMap(({ channelId }) => channelId ?? []))].slice(0, 20)
  hints.push(...channels.map((id) => `Incomplete: channel ${id}. Have its clients start their watches again.`))
  return tellContents(contentsOf(target, verification), hints, context)
}

/** Exports a store as lines into a new file. */
export async function exportTo(from: string, file: string, context: TaskContext): Promise<void> {
  const path = resolve(file)
  const source = resolve(from)
  const items = await withProgress('lines written', context, (options) =>
    exportStore(source, path, options).catch((error: unknown) => {
      throw whileInUse(error)
    }),
  )
  const { output, json } = context
  output.out.write(`${json ? jsonLine({ path, items }) : `Wrote ${items} items to ${path}.`}\n`)
}

/** Creates the store from an export; there must not be one yet. */
export async function importFrom({ store }: DataPlaces, file: string, context: TaskContext): Promise<boolean> {
  const path = resolve(file)
  const items = await withProgress('lines read', context, (options) => importStore(path, store, options))
  const verification = await withProgress('entries checked', context, (options) => verifyStore(store, options))
  return tellContents(contentsOf(store, verification), [`Read ${items} items from ${path}.`], context)
}

function assertNoStore(store: string): void {
  if (!existsSync(store)) return
  throw new WatcherError('STORE_NOT_EMPTY', 'There is a store already.', {
    details: [`Path ${store}. Move it away, or name an empty --data-directory.`],
  })
}

/** While a store is being written to, an export would not be consistent. */
function whileInUse(error: unknown): unknown {
  if (!hasCode(error, 'STORE_LOCKED')) return error
  const remedy =
    'Make a backup, which works while the daemon runs, and export that: perun-watcher export --from <backup> <file>.'
  return new WatcherError('STORE_LOCKED', error.shortMessage, { details: [...error.details, remedy], cause: error })
}
