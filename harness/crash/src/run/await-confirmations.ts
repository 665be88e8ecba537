import type { Devnet } from '@perun-watcher/devnet'
import { createTestClient, type Hex, http } from 'viem'
import type { Miner } from '../world/miner.ts'
import { Violation } from './verdict.ts'
import type { WatcherHost } from './watcher-host.ts'

export interface AwaitConfirmationsOptions {
  readonly devnet: Devnet
  readonly miner: Miner
  readonly host: WatcherHost
  /** The watcher's accounts. */
  readonly accounts: readonly Hex[]
  /** Milliseconds after which a lane counts as blocked. */
  readonly patienceMs: number
}

/**
 * Waits until the watcher has nothing under way: no transaction of its accounts waits at the node, with or without a gap
 * before it, and the journal is empty, as all that was in it is final.
 *
 * @throws Violation `blocked`, `damaged`
 */
export async function awaitConfirmations(options: AwaitConfirmationsOptions): Promise<void> {
  const { miner, host, patienceMs } = options
  const started = performance.now()
  for (;;) {
    const [stuck, { journal = [] }] = await Promise.all([stuckLanes(options), host.ask({ type: 'journal' })])
    if (stuck.length === 0 && journal.length === 0) break
    if (performance.now() - started > patienceMs) {
      const lanes = stuck.length === 0 ? 'no lane' : stuck.join(', ')
      const entries = journal.map(({ lane, sequence }) => `${lane} nonce ${sequence}`).join(', ')
      throw new Violation('blocked', `${lanes} stuck; in the journal: ${entries}`, Math.max(1, stuck.length))
    }
    await miner.nextBlock()
  }
  const { damaged = 0 } = await host.ask({ type: 'verify' })
  if (damaged > 0) throw new Violation('damaged', `${damaged} entries of the store`, damaged)
}

/** Accounts of which the node holds a transaction that no block has included. */
async function stuckLanes({ devnet, accounts }: AwaitConfirmationsOptions): Promise<readonly string[]> {
  const node = createTestClient({ mode: 'anvil', transport: http(devnet.rpcUrl) })
  const { pending, queued } = await node.getTxpoolContent()
  const waiting = new Set([...Object.keys(pending), ...Object.keys(queued)].map((address) => address.toLowerCase()))
  const nonces = await Promise.all(
    accounts.map(async (address) => {
      const count = (blockTag: 'latest' | 'pending') => devnet.client.getTransactionCount({ address, blockTag })
      const [latest, ahead] = await Promise.all([count('latest'), count('pending')])
      return { address, isOpen: latest !== ahead || waiting.has(address.toLowerCase()), latest, ahead }
    }),
  )
  return nonces
    .filter(({ isOpen }) => isOpen)
    .map(({ address, latest, ahead }) => `${address} (latest ${latest}, pending ${ahead})`)
}
