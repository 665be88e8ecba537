import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access, open, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Clock } from '@perun-watcher/core'
import { type Finding, fail, failedBy, ok, warn } from './finding.ts'

const gibibyte = 2 ** 30
const leastBytes = gibibyte / 10
const comfortableBytes = gibibyte

/** Whether the disk of the data directory exists, is writable, local and fast to sync, and has room. */
export async function checkDisk(dataDir: string, clock: Clock): Promise<readonly Finding[]> {
  const directory = await nearestDirectory(resolve(dataDir))
  const written = await checkWrites(directory, clock)
  try {
    const { bavail, bsize, type } = await statfs(directory)
    return [...written, judgeSpace(directory, bavail * bsize), judgeFileSystem(directory, type)]
  } catch (error) {
    return [...written, failedBy('disk.space', error)]
  }
}

/** The data directory, or the closest parent that exists. */
async function nearestDirectory(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  return isThere || dirname(path) === path ? path : await nearestDirectory(dirname(path))
}

const samples = 9
const slowMs = 50

/** Writes as the store does: a block, then a sync. */
async function checkWrites(directory: string, clock: Clock): Promise<readonly Finding[]> {
  const remedy = `Let the user of the watcher write to ${directory}, and check that the disk is not mounted read-only.`
  const path = join(directory, `.perun-watcher-doctor-${randomUUID().slice(0, 8)}`)
  try {
    await access(directory, constants.W_OK)
    const times: number[] = []
    const file = await open(path, 'wx', 0o600)
    try {
      for (let sample = 0; sample < samples; sample++) {
        const startedAt = clock.now()
        await file.write(Buffer.alloc(4_096, sample), 0, 4_096, 0)
        await file.datasync()
        times.push(clock.now() - startedAt)
      }
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
    return [ok('disk.writable', `${directory} can be written.`), judgeSync(times)]
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error))
    return [fail('disk.writable', message, remedy)]
  }
}

function judgeSync(times: readonly number[]): Finding {
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
  const found = `A synced write takes ${median.toFixed(1)} ms.`
  if (median <= slowMs) return ok('disk.sync', found)
  return warn('disk.sync', found, 'Use a faster disk: every publish and every refutation waits for it.')
}

export function judgeSpace(directory: string, free: number): Finding {
  const found = `${(free / gibibyte).toFixed(1)} GiB are free at ${directory}.`
  const remedy = 'Free space, or move the data directory: without space nothing more can be acknowledged.'
  if (free < leastBytes) return fail('disk.space', found, remedy)
  return free < comfortableBytes ? warn('disk.space', found, remedy) : ok('disk.space', found)
}

/** File system types of statfs(2) on Linux. */
const remote: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB',
  16914839: '9P',
  12805120: 'Ceph',
  1702057286: 'FUSE',
}
const passing: Readonly<Record<number, string>> = {
  16914836: 'tmpfs, which forgets everything at the next start',
  2240043254: 'ramfs, which forgets everything at the next start',
  2035054128: 'overlayfs, the layer of a container, which is lost with the container',
}

/** The store maps its file into memory and locks it; both need a local file system. */
export function judgeFileSystem(directory: string, type: number): Finding {
  const network = remote[type >>> 0]
  if (network !== undefined) {
    const found = `${directory} seems to be on a network file system (${network}).`
    return fail('disk.local', found, 'Put the data directory on a local disk: LMDB is not safe on others.')
  }
  const lost = passing[type >>> 0]
  if (lost !== undefined) {
    return warn('disk.local', `${directory} is on ${lost}.`, 'Put the data directory on a disk, or on a volume.')
  }
  return ok('disk.local', `${directory} is on a local file system, as far as can be told.`)
}
