import type { AdjudicatorEvent, SignedStateInput, TransactionInput } from '@perun-watcher/core'
import type { Chain, Hex } from 'viem'

// README

import { viemBackend } from '@perun-watcher/chain-viem'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { startLocalWatcher } from '@perun-watcher/transport-local'
import { createClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** Guards one channel until it is concluded for good. */
export async function guard(options: GuardOptions): Promise<void> {
  const { chain, rpcUrl, adjudicator, privateKey, path, opening, newest, onEvent } = options
  const client = createClient({ chain, transport: http(rpcUrl) })
  const store = lmdbStore({ path }) // states and transactions survive a crash
  const backend = viemBackend({ client, account: privateKeyToAccount(privateKey), adjudicator, journal: store })
  const watcher = await startLocalWatcher({ chain: backend, store })

  const { statesPub, eventsSub } = await watcher.startWatching(opening)
  await statesPub.publish(newest) // from here on, whoever registers an older state is refuted

  for await (const event of eventsSub) {
    onEvent(event)
    if (event.type === 'concluded' && event.finality === 'final') break
  }
  await watcher.stopWatching(opening.state.channelId)
  await watcher.shutdown()
}

// README end

/** A chain, an account on it, and a channel. */
export interface GuardOptions {
  readonly chain: Chain
  readonly rpcUrl: string
  readonly adjudicator: Hex
  /** Pays for refutations. */
  readonly privateKey: Hex
  /** A directory for what must survive a crash. */
  readonly path: string
  /** What the channel was opened with. */
  readonly opening: SignedStateInput
  /** What its participants signed last. */
  readonly newest: TransactionInput
  readonly onEvent: (event: AdjudicatorEvent) => void
}
