import type { Responder } from '@perun-watcher/nodes/faults'
import { type BlockWatch, watchBlocks } from '../rpc-proxy/block-watch.ts'
import { upstream } from '../rpc-proxy/upstream.ts'
import { startTestChain, type TestChain } from '../world/test-chain.ts'

/** A chain, and the honest node that knows it. */
export interface World extends AsyncDisposable {
  readonly chain: TestChain
  readonly node: Responder
  readonly blocks: BlockWatch
  /** Numbers of accounts that nobody has used yet, rich from the start. */
  nextAccount(): number
}

/** The first ones deploy contracts, and play the parties of channels. */
const firstAccount = 4

export async function startWorld(accounts: number): Promise<World> {
  const chain = await startTestChain({ accounts: firstAccount + accounts })
  try {
    const node = upstream(chain.devnet.rpcUrl)
    const blocks = await watchBlocks(node)
    let used = firstAccount
    return {
      chain,
      node,
      blocks,
      nextAccount() {
        used += 1
        return used - 1
      },
      async [Symbol.asyncDispose]() {
        await blocks[Symbol.asyncDispose]()
        await chain[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await chain[Symbol.asyncDispose]()
    throw error
  }
}
