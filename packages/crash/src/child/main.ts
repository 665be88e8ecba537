import { signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import { viemBackend } from '@perun-watcher/chain-viem'
import {
  type Hex,
  isWatcherError,
  parseChannelId,
  type Store,
  toError,
  type Watch,
  type Watcher,
} from '@perun-watcher/core'
import type { LmdbStore } from '@perun-watcher/store-lmdb'
import { startLocalWatcher } from '@perun-watcher/transport-local'
import { createClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Answer, ChildSettings, Command, Held, Report, Request } from '../protocol.ts'
import { failing } from './failing.ts'
import { openDisk, storeOf } from './stores.ts'

/*
 * The program that is killed: the real watcher with the real store and the real chain backend. It obeys its parent, and
 * says what it acknowledges.
 */

const report = (message: Report): void => void process.send?.(message)

/** A parent that is gone takes this process along. */
const orphaned = (): void => process.exit(1)
process.once('disconnect', orphaned)

interface Parts {
  readonly watcher: Watcher
  readonly store: Store
  readonly disk: LmdbStore
}

async function start(settings: ChildSettings): Promise<Parts> {
  const { rpcUrl, adjudicator, chainId, keys, finalityDepth, pollIntervalMs } = settings
  const failpoint = failing(settings.failpoint)
  const disk = openDisk(settings.storePath, (message) => report({ type: 'damaged', message }))
  const store = failpoint.store(storeOf(settings.store, disk))
  const chain = viemBackend({
    client: createClient({ transport: http(rpcUrl, { fetchFn: failpoint.fetch }) }),
    account: keys.map((key) => privateKeyToAccount(key)),
    chainId: BigInt(chainId),
    adjudicator,
    journal: store,
    finalityDepth,
    pollIntervalMs,
  })
  const watcher = await startLocalWatcher({ chain, store })
  return { watcher, store, disk }
}

/** Obeys commands; many at a time, as clients do not wait for each other. */
function servant({ watcher, store, disk }: Parts) {
  const watches = new Map<Hex, Watch>()

  async function drain({ eventsSub }: Watch): Promise<void> {
    for await (const _ of eventsSub);
  }

  async function guard({ signed, parent }: Extract<Command, { type: 'guard' }>): Promise<void> {
    const id = signed.state.channelID
    const watch = watches.get(id)
    if (watch !== undefined) {
      await watch.statesPub.publish(transactionFromAbi(signed))
      return
    }
    const begun = await watcher.startWatching(signedStateFromAbi(signed), { parent })
    watches.set(id, begun)
    void drain(begun)
  }

  async function held(ids: readonly Hex[]): Promise<readonly Held[]> {
    return Promise.all(
      ids.map(async (id) => {
        const stored = await store.load(parseChannelId(id))
        if (stored === undefined) return { id, newest: undefined }
        const { hash, state } = stored.newest
        return { id, newest: { version: state.version, hash } }
      }),
    )
  }

  return async (command: Command): Promise<Answer> => {
    switch (command.type) {
      case 'guard':
        await guard(command)
        return {}
      case 'stop':
        await watcher.stopWatching(command.id)
        watches.delete(command.id)
        return {}
      case 'held':
        return { held: await held(command.ids) }
      case 'journal':
        return { journal: (await store.attempts()).map(({ account, nonce }) => ({ account, nonce })) }
      case 'verify':
        return { damaged: (await disk.verify()).damaged.length }
      case 'shutdown':
        await watcher.shutdown()
        return {}
    }
  }
}

/** From now on nothing keeps this process alive, unless the watcher left something behind. */
function leave(): void {
  process.off('disconnect', orphaned)
  process.disconnect()
}

async function live(settings: ChildSettings): Promise<void> {
  const obey = servant(await start(settings))
  process.on('message', ({ number, command }: Request) => {
    obey(command).then(
      (answer) => {
        report({ type: 'answer', number, answer })
        if (command.type === 'shutdown') leave()
      },
      (error: unknown) => {
        const code = isWatcherError(error) ? error.code : 'UNKNOWN'
        report({ type: 'refused', number, code, message: toError(error).message })
      },
    )
  })
  report({ type: 'ready' })
}

process.once('message', (settings: ChildSettings) => {
  live(settings).catch((error: unknown) => {
    process.stderr.write(`${toError(error).stack}\n`)
    process.exit(1)
  })
})
