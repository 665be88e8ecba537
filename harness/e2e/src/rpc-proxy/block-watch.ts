import { setTimeout as pause } from 'node:timers/promises'
import { fieldOf, type KnownChain, type Responder } from '@perun-watcher/nodes/faults'
import { ask } from './upstream.ts'

type Hash = Parameters<KnownChain['byHash']>[0]

interface SeenBlock {
  readonly number: number
  readonly hash: string
  readonly atMs: number
}

/** The blocks of a chain, and when each of them came. */
export interface BlockWatch extends KnownChain, AsyncDisposable {
  /** Number of the newest block at a time of `performance.now()`, as far as it is remembered. */
  headAt(atMs: number): number
  /** Hears of each new head. */
  onHead(listener: (header: unknown) => void): Disposable
}

const lookMs = 100
/** More than any fault looks back. */
const remembered = 4_096

/** Looks at the head of a node again and again. */
export async function watchBlocks(node: Responder): Promise<BlockWatch> {
  const seen = new Map<string, SeenBlock>()
  const listeners = new Set<(header: unknown) => void>()
  const ended = new AbortController()
  let newest = await look()

  async function look(): Promise<SeenBlock> {
    const header = await ask(node, 'eth_getBlockByNumber', ['latest', false])
    const hash = String(fieldOf(header, 'hash'))
    const known = seen.get(hash)
    if (known !== undefined) return known
    const block = { hash, number: Number(fieldOf(header, 'number')), atMs: performance.now() }
    remember(block)
    for (const listener of listeners) listener(header)
    return block
  }

  function remember(block: SeenBlock): SeenBlock {
    seen.set(block.hash, block)
    const [oldest] = seen.keys()
    if (seen.size > remembered && oldest !== undefined) seen.delete(oldest)
    return block
  }

  async function keepLooking(): Promise<void> {
    while (!ended.signal.aborted) {
      await pause(lookMs, undefined, { signal: ended.signal })
      newest = await look()
    }
  }

  // It ends with the node at the latest.
  const looking = keepLooking().catch(() => {})
  return {
    get head() {
      return newest
    },
    // One that came between two looks has come now.
    byHash: (hash: Hash) => seen.get(hash) ?? remember({ hash, number: newest.number, atMs: performance.now() }),
    headAt(atMs) {
      const then = [...seen.values()].filter((block) => block.atMs <= atMs).at(-1)
      return then?.number ?? newest.number
    },
    onHead(listener) {
      listeners.add(listener)
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await looking
    },
  }
}
