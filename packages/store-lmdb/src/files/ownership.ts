import { randomUUID } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { WatcherError } from '@perun-watcher/core'
import { type Codec, decode, encode, isDamage } from '../codec/frame.ts'
import { metaKeys } from '../codec/keys.ts'
import { put, remove, type Tables } from './open-tables.ts'
import { storeError } from './store-error.ts'

/*
 * One process at a time. LMDB itself would admit several, but each watcher relies on being the only writer.
 *
 * The owner listens on a socket in the directory of the store, and the store holds the socket's name. A socket answers
 * exactly as long as its process lives, so a killed owner locks nobody out; and unlike a process id it means the same in
 * every container that shares the directory. A process that takes over from a dead owner writes its own name inside a write
 * transaction, which LMDB grants to one process at a time, and only if the dead owner's name is still the one stored.
 */

export interface Ownership {
  /** Releases the store. */
  release(tables: Tables): Promise<void>
}

interface Owner {
  /** Names the socket. */
  readonly name: string
  readonly pid: number
}

const ownerCodec: Codec<Owner> = {
  what: 'owner of the store',
  write(writer, { name, pid }) {
    writer.text(name)
    writer.uint(pid)
  },
  read: (reader) => ({ name: reader.text(), pid: reader.uint() }),
}

/** @throws WatcherError `STORE_LOCKED`, naming the path and the process */
export async function takeOwnership(path: string, tables: Tables): Promise<Ownership> {
  const directory = await realpath(path)
  const me: Owner = { name: `owner-${randomUUID().slice(0, 8)}.sock`, pid: process.pid }
  const server = await listen(addressOf(directory, me.name)).catch((error: unknown) => {
    throw storeError(error, path)
  })
  try {
    await claim(directory, tables, me)
  } catch (error) {
    await stop(server)
    throw error
  }
  return {
    async release({ root, meta }) {
      await root.childTransaction(() => {
        if (readOwner(meta)?.name === me.name) remove(meta, metaKeys.owner)
      })
      await stop(server)
    },
  }
}

async function claim(directory: string, { root, meta }: Tables, me: Owner): Promise<void> {
  for (;;) {
    const before = readOwner(meta)
    if (before !== undefined && (await isAlive(addressOf(directory, before.name)))) throw locked(directory, before)
    const isMine = await root.childTransaction(() => {
      if (readOwner(meta)?.name !== before?.name) return false
      put(meta, metaKeys.owner, encode(ownerCodec, metaKeys.owner, me))
      return true
    })
    if (!isMine) continue
    if (before !== undefined) removeStale(addressOf(directory, before.name))
    return
  }
}

/**
 * The socket of an owner that was killed. Not with `rmSync`: after a look at a socket, Node 20 finds no package any more that the
 * program imports by way of a symbolic link (nodejs/node #51142).
 */
function removeStale(socket: string): void {
  try {
    unlinkSync(socket)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}

function readOwner(meta: Tables['meta']): Owner | undefined {
  const bytes = meta.getBinary(metaKeys.owner)
  if (bytes === undefined) return undefined
  try {
    return decode(ownerCodec, metaKeys.owner, bytes)
  } catch (error) {
    if (!isDamage(error)) throw error
    // A name that nobody listens at: a damaged entry must not lock the store for good.
    return { name: 'damaged', pid: 0 }
  }
}

export function locked(path: string, owner: Pick<Owner, 'pid'>): WatcherError {
  return new WatcherError('STORE_LOCKED', 'The store is in use.', {
    details: [`Path ${path}, used by process ${owner.pid}.`],
  })
}

/** Longest path of a socket that both Linux and macOS accept. */
const longestAddress = 103

function addressOf(directory: string, name: string): string {
  if (process.platform === 'win32') return join('\\\\.\\pipe', `perun-watcher-${name}`)
  const address = join(directory, name)
  if (Buffer.byteLength(address) <= longestAddress) return address
  throw new WatcherError('OPTION_INVALID', 'The path of the store is too long.', {
    details: [`Path ${directory}; at most ${longestAddress - name.length - 1} bytes.`],
  })
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.unref()
    server.once('error', reject)
    server.listen(address, () => resolve(server))
  })
}

/** Only a refused connection or a missing socket proves that the owner is dead. */
function isAlive(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error) => {
      resolve(!('code' in error) || (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'))
    })
  })
}

const stop = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))
