import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readlinkSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { open } from 'lmdb'
import { describe, expect, it } from 'vitest'
import { groupCommit } from '../../src/commits/group-commit.ts'
import { reserve } from '../../src/commits/reserve.ts'
import { openTables } from '../../src/files/open-tables.ts'
import { storeError } from '../../src/files/store-error.ts'
import { channelOf, create, held, ledger, newest } from '../support/channels.ts'
import { lmdbPlace } from '../support/place.ts'

const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url))
const isRoot = process.getuid?.() === 0

/** Runs work without the rights of root, for whom no permission counts; whoever is not root needs no disguise. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return await work()
  process.seteuid?.('nobody')
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

/** The files below a directory that this process has open; so says Linux. */
function openBelow(directory: string): readonly string[] {
  const descriptors = readdirSync('/proc/self/fd')
  return descriptors.flatMap((descriptor) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${descriptor}`)
      return file.startsWith(directory) ? [file] : []
    } catch {
      // The one that listed them is closed by now.
      return []
    }
  })
}

/** What a program prints where files may not grow over some 5 MB: writes fail as on a full disk, only that there is space left on it. */
function onFullDisk(program: string, location: string) {
  const limited = `ulimit -f 10000; exec "$0" --import tsx "$1" "$2"`
  const args = ['-c', limited, process.execPath, support(program), location]
  const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' })
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout)
}

describe('the LMDB store on a disk that fails', () => {
  it('has room for transactions when it has none for states, and for states again when some went', async () => {
    await using place = lmdbPlace()
    const { attempts, ...found } = onFullDisk('full-journal.ts', place.location)
    expect(found).toEqual({
      recorded: attempts,
      held: attempts,
      isForgotten: true,
      isAllRemoved: true,
      isWrittenAgain: true,
      damaged: 0,
    })
  })

  it('refuses what it cannot write, stays readable, and loses nothing', async () => {
    await using place = lmdbPlace()
    const { codes, written, isReadable } = onFullDisk('full-disk.ts', place.location)
    for (const code of codes) expect(['STORE_FULL', 'STORE_FAILED']).toContain(code)
    expect(isReadable).toBe(true)
    await using store = place.store()
    await store.open([ledger])
    expect(await store.verify()).toMatchObject({ channels: written * 20, damaged: [] })
    await store.commit([create(channelOf(5_000), 1n)])
    expect((await store.verify()).damaged).toEqual([])
  })

  const canShim = process.platform === 'linux' && spawnSync('cc', ['--version']).status === 0
  it.skipIf(!canShim)(
    'goes on after the disk failed, whatever LMDB made of it (needs Linux and a C compiler)',
    async () => {
      await using place = lmdbPlace()
      mkdirSync(place.location)
      const shim = place.beside('bad-disk.so')
      const compiled = spawnSync('cc', ['-shared', '-fPIC', '-o', shim, support('bad-disk.c'), '-ldl'], {
        encoding: 'utf8',
      })
      expect(compiled.status, compiled.stderr).toBe(0)
      const env = { ...process.env, LD_PRELOAD: shim, BAD_SYNC: place.beside('sync'), BAD_META: place.beside('meta') }
      const args = ['--import', 'tsx', support('bad-disk.ts'), place.location]
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env })
      expect(stdout, stderr).not.toBe('')
      const each = ['STORE_FAILED', 'STORE_FAILED', 'readable', 'STORE_FAILED', 'written', 'written', 'kept']
      expect(JSON.parse(stdout)).toEqual([...each, ...each])
    },
  )

  it('lets commits that are under way share a transaction', async () => {
    await using place = lmdbPlace()
    const tables = openTables(place.location)
    const files = { tables: () => tables, revive: async () => {}, close: () => tables.root.close() }
    const commits = groupCommit(place.location, files, reserve(files))
    const ids = new Set<number>()
    const job = (): (() => void) => () => void ids.add(tables.root.getWriteTxnId())
    await Promise.all(Array.from({ length: 200 }, () => commits.run(job)))
    expect(ids.size).toBe(1)
    await files.close()
  })

  it('does not grow while the same channels are rewritten', async () => {
    await using place = lmdbPlace()
    await using store = place.store()
    await store.open([ledger])
    const channels = Array.from({ length: 50 }, (_, number) => channelOf(number))
    await store.commit(channels.map((channel) => create(channel, 0n)))
    const sizes: number[] = []
    for (let version = 1n; version <= 600n; version++) {
      await Promise.all(channels.slice(0, 10).map((channel) => store.commit([newest(channel, version)])))
      sizes.push(statSync(join(place.location, 'data.mdb')).size)
    }
    expect(sizes.at(-1)).toBe(sizes[300])
  })

  it('rewrites little for a new state: neither parameters nor other states', async () => {
    await using place = lmdbPlace()
    await using store = place.store()
    await store.open([ledger])
    const channel = channelOf(0)
    const older = held(channel, 0n)
    const place0 = { id: channel.id, line: 0 } as const
    await store.commit([
      create(channel, 1n),
      { type: 'putKept', ...place0, held: older },
      { type: 'putOlder', ...place0, older: [older] },
    ])
    await store.commit([newest(channel, 2n)])
    expect(await store.load(channel.id)).toMatchObject({ older: [older], newest: held(channel, 2n) })
  })

  it.skipIf(process.getuid === undefined)('says that it may not write (needs a system with user ids)', async () => {
    await using place = lmdbPlace()
    chmodSync(dirname(place.location), 0o777)
    mkdirSync(place.location)
    chmodSync(place.location, 0o555)
    await unprivileged(async () => {
      await expect(place.store().open([ledger])).rejects.toMatchObject({ code: 'STORE_ACCESS_DENIED' })
      // Next to it, where the same user may write, the same store is made.
      await using allowed = place.store({ path: place.beside('allowed') })
      await allowed.open([ledger])
    })
  })

  it.each([
    ['ENOSPC', 'STORE_FULL'],
    [28, 'STORE_FULL'],
    ['EDQUOT', 'STORE_FULL'],
    [-30_792, 'STORE_FULL'],
    ['EROFS', 'STORE_ACCESS_DENIED'],
    [13, 'STORE_ACCESS_DENIED'],
    [30, 'STORE_ACCESS_DENIED'],
    [-30_796, 'STORE_CORRUPT'],
    [-30_797, 'STORE_CORRUPT'],
    [-30_793, 'STORE_NOT_A_STORE'],
    [5, 'STORE_FAILED'],
    [-30_795, 'STORE_FAILED'],
    ['EWHATEVER', 'STORE_FAILED'],
  ] as const)('calls %s of the system %s', (code, expected) => {
    const cause = Object.assign(new Error('something'), { code })
    expect(storeError(cause, '.')).toMatchObject({ code: expected, cause, details: ['Path ..', 'something'] })
  })
})

describe('the LMDB store that is in use', () => {
  it('says where it is and who has it', async () => {
    await using place = lmdbPlace()
    await using store = place.store()
    await store.open([ledger])
    const opening = place.store().open([ledger])
    await expect(opening).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await expect(opening).rejects.toThrow(place.location)
    await expect(opening).rejects.toThrow(`process ${process.pid}`)
  })
})

describe('the LMDB store at a path where something else is', () => {
  it('refuses a file that is not one of LMDB, and leaves it alone', async () => {
    await using place = lmdbPlace()
    mkdirSync(place.location)
    writeFileSync(join(place.location, 'data.mdb'), 'certainly not a database'.repeat(1_000))
    await expect(place.store().open([ledger])).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
  })

  it('refuses a path that leads to or through a file', async () => {
    await using place = lmdbPlace()
    writeFileSync(place.location, '')
    await expect(place.store().open([ledger])).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
    await expect(place.store({ path: join(place.location, 'x') }).open([ledger])).rejects.toMatchObject({
      code: 'STORE_NOT_A_STORE',
    })
  })

  it('refuses the database of another program', async () => {
    await using place = lmdbPlace()
    const other = open({ path: place.location, noSubdir: false })
    await other.openDB({ name: 'accounts' }).put('a', 1)
    await other.close()
    const opening = place.store().open([ledger])
    await expect(opening).rejects.toMatchObject({ code: 'STORE_NOT_A_STORE' })
    await expect(opening).rejects.toThrow(/accounts/)
  })

  it('refuses a path that is too long for its lock, and says how long it may be', async () => {
    await using place = lmdbPlace()
    const opening = place.store({ path: join(place.location, 'x'.repeat(100)) }).open([ledger])
    await expect(opening).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it.skipIf(process.platform !== 'linux')(
    'leaves no file open once it is closed (needs the list of Linux)',
    async () => {
      await using place = lmdbPlace()
      const first = place.store()
      await first.open([ledger])
      expect(openBelow(dirname(place.location))).not.toEqual([])
      await first.close()
      const second = place.store()
      await second.open([ledger])
      await second.close()
      expect(openBelow(dirname(place.location))).toEqual([])
    },
  )

  it('begins anew where the process died before anything was written', async () => {
    await using place = lmdbPlace()
    mkdirSync(place.location)
    writeFileSync(join(place.location, 'data.mdb'), '')
    await using store = place.store()
    await store.open([ledger])
    await store.commit([create(channelOf(0), 1n)])
  })

  it.each<[cut: string, length: (size: number) => number, outcome: bigint | string]>([
    ['inside its first page', () => 100, 'open: STORE_NOT_A_STORE'],
    ['behind the pages that say where everything is', () => 8_192, 'open: STORE_CORRUPT'],
    ['in the middle', (size) => Math.floor(size / 2), 'open: STORE_CORRUPT'],
    ['inside pages at its end that hold nothing now', (size) => size - 1, 1n],
  ])('survives a file that was cut off %s, and says what that means', async (_, length, outcome) => {
    await using place = lmdbPlace()
    const first = place.store()
    await first.open([ledger])
    const channels = 4_000
    await first.commit(Array.from({ length: channels }, (_, number) => create(channelOf(number), 1n)))
    // A life of its own, so that what opening needs is not all at the end of the file.
    for (let more = 0; more < 10; more++) await first.commit([create(channelOf(channels + more), 1n)])
    await first.close()
    const file = join(place.location, 'data.mdb')
    truncateSync(file, length(statSync(file).size))
    await using second = place.store()
    const refusalOf = (step: string) => (error: { readonly code?: string }) => `${step}: ${error.code}`
    const refusal = await second.open([ledger]).then(() => undefined, refusalOf('open'))
    async function versionOfAll(): Promise<bigint | undefined> {
      const versions = new Set<bigint | undefined>()
      for (let number = 0; number < channels; number++) {
        versions.add((await second.load(channelOf(number).id))?.newest.state.version)
      }
      return versions.size === 1 ? [...versions][0] : undefined
    }
    expect(refusal ?? (await versionOfAll().catch(refusalOf('load')))).toBe(outcome)
  })
})
