import { signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import { viemBackend } from '@perun-watcher/chain-viem'
import { type Hex, parseChannelId, type Watch, type Watcher } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import { serveParent } from '@perun-watcher/harness-kit/serve-parent'
import type { LmdbStore } from '@perun-watcher/store-lmdb'
import { startLocalWatcher } from '@perun-watcher/transport-local'
import { createClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Answer, ChildSettings, Command, Held, Journaled } from '../protocol.ts'
import { failing } from './failing.ts'
import { openDisk, storeOf } from './stores.ts'

/*
 * The program that is killed: the real watcher with the real store and the real chain backend. It obeys its parent, and
 * says what it acknowledges.
 */

interface Parts {
  readonly watcher: Watcher
  readonly store: Store
  readonly disk: LmdbStore
}

async function start(settings: ChildSettings, onDamaged: (message: string) => void): Promise<Parts> {
  const { rpcUrl, adjudicator, chainId, keys, finalityDepth, pollIntervalMs } = settings
  const failpoint = failing(settings.failpoint)
  const disk = openDisk(settings.storePath, onDamaged)
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

/** Carries out commands, many at a time: clients do not wait for each other. */
function commandsOf({ watcher, store, disk }: Parts) {
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
        if (stored === undefined) return { id, newest: undefined, history: [] }
        const { hash, state } = stored.newest
        const history: Hex[] = []
        for await (const kept of store.history(parseChannelId(id), 0)) history.push(kept.hash)
        return { id, newest: { version: state.version, hash }, history }
      }),
    )
  }

  async function journaled(): Promise<readonly Journaled[]> {
    const attempts = await Promise.all(store.ledgers.map((ledger) => store.journal(ledger).attempts()))
    return attempts.flat().map(({ lane, sequence }) => ({ lane, sequence }))
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
        return { journal: await journaled() }
      case 'verify':
        return { damaged: (await disk.verify()).damaged.length }
      case 'shutdown':
        await watcher.shutdown()
        return {}
    }
  }
}

serveParent<ChildSettings, Command, Answer>({
  start: async (settings, notice) => commandsOf(await start(settings, notice)),
  isLast: ({ type }) => type === 'shutdown',
})
