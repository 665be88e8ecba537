import { mkdirSync, readdirSync } from 'node:fs'
import type { Clock } from '@perun-watcher/core'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { expect, test } from 'vitest'
import { alice, channelOf, create } from '../../../../../packages/store-lmdb/test/support/channels.ts'
import { opened } from '../../../../../packages/store-lmdb/test/support/place.ts'
import { main } from '../../../src/cli/main.ts'
import { backUpStore } from '../../../src/commands/archive/store-files.ts'
import type { TaskContext } from '../../../src/commands/archive/task-context.ts'
import { backUp, rescue, restore, verify } from '../../../src/commands/archive/tasks.ts'
import { dataPlaces } from '../../../src/config/places.ts'
import { Interruption } from '../../../src/terminal/interruption.ts'
import { capturedOutput, undisturbed } from '../../support/capture.ts'
import { type Folder, temporaryFolder } from '../../support/run-main.ts'

const places = (folder: Folder, name: string) => dataPlaces({ data: { directory: folder.in(name) } }, {})

async function aStore(folder: Folder): Promise<string> {
  const { directory, store: path } = places(folder, 'data')
  mkdirSync(directory, { recursive: true })
  await using store = await opened(lmdbStore({ path }))
  await store.commit([0, 1, 2].map((number) => create(channelOf(number), 5n)))
  await store.commit([
    { type: 'putMailbox', id: channelOf(1).id, client: alice, mailbox: { lastSequence: 9n, events: [] } },
  ])
  return path
}

const contents = (folder: Folder): readonly string[] =>
  readdirSync(folder.path, { recursive: true })
    .map(String)
    .filter((path) => !path.endsWith('lock.mdb'))
    .toSorted()

/** A signal that comes while the entries of a store are read: before the first ones are, and after, a clock is looked at. */
function abortedMidway(): { readonly context: TaskContext; readonly reason: Error } {
  const controller = new AbortController()
  const reason = new Interruption('SIGINT')
  let looks = 0
  const clock: Clock = {
    now() {
      looks += 1
      if (looks > 1) controller.abort(reason)
      return 0
    },
    sleep: async () => {},
  }
  return { context: { output: capturedOutput(), clock, json: false, signal: controller.signal }, reason }
}

test.each([
  ['verify', []],
  ['restore', ['data/store', '--data-directory', 'new']],
  ['rescue', ['data/store', 'rescued']],
  ['backup', ['backup', '--data-directory', 'data']],
  ['export', ['lines', '--data-directory', 'data']],
] as const)('%s after a signal does nothing, and says why', async (command, args) => {
  using folder = temporaryFolder()
  const path = await aStore(folder)
  const before = contents(folder)
  const output = capturedOutput()
  const given = command === 'verify' ? [path] : args.map((arg) => (arg.startsWith('--') ? arg : folder.in(arg)))
  const signal = AbortSignal.abort(new Interruption('SIGTERM'))
  expect(await main([command, ...given], { output, env: {}, ...undisturbed, signal })).toBe(143)
  expect(output.out.text()).toBe('')
  expect(output.err.text()).toBe('Interrupted by SIGTERM.\n')
  expect(contents(folder).filter((name) => name !== 'new')).toEqual(before)
})

test('a backup without a daemon ends before it copies', async () => {
  using folder = temporaryFolder()
  const path = await aStore(folder)
  const reason = new Interruption('SIGINT')
  await expect(backUpStore(path, folder.in('copy'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(contents(folder)).not.toContain('copy')
})

test('verify ends in the middle of a store', async () => {
  using folder = temporaryFolder()
  const path = await aStore(folder)
  const { context, reason } = abortedMidway()
  await expect(verify(path, context)).rejects.toBe(reason)
})

const copies: readonly (readonly [string, (folder: Folder, context: TaskContext) => Promise<boolean>, copy: string])[] =
  [
    ['backup', (folder, context) => backUp(places(folder, 'data'), folder.in('copy'), context), 'copy'],
    ['restore', (folder, context) => restore(places(folder, 'new'), folder.in('data/store'), context), 'new/store'],
    ['rescue', (folder, context) => rescue(folder.in('data/store'), folder.in('copy'), context), 'copy'],
  ]

test.each(copies)('%s that is ended while it reads its copy leaves the copy, which is whole', async (_, work, copy) => {
  using folder = temporaryFolder()
  await aStore(folder)
  const { context, reason } = abortedMidway()
  await expect(work(folder, context)).rejects.toBe(reason)
  const undisturbedContext = { ...abortedMidway().context, signal: new AbortController().signal }
  expect(await verify(folder.in(copy), undisturbedContext)).toBe(true)
})
