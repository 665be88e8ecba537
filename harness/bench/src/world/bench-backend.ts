import { type EvmSigner, evmBackend, parseAddress } from '@perun-watcher/chain-evm'
import { parseLedgerId } from '@perun-watcher/core'
import type { RegistererSubscriber, Store } from '@perun-watcher/core/adapter'
import type { QuietNode } from './quiet-node.ts'

const signer: EvmSigner = {
  address: parseAddress(`0x${'05'.repeat(20)}`),
  async signTransaction() {
    throw new Error('A benchmark sends no transactions.')
  },
}

const chainId = 1n
const adjudicator = parseAddress(`0x${'ad'.repeat(20)}`)

/** Of the backend that every watcher of a benchmark uses. */
export const ledgerId = parseLedgerId(`eip155:${chainId}:${adjudicator}:v1`)

/** Heads are announced, so a poll never has to find one. */
const pollIntervalMs = 3_600_000

/** The real Ethereum backend, over a node that is none. */
export function benchBackend({ client }: QuietNode, journal: Store, signatureThreads = 0): RegistererSubscriber {
  return evmBackend({ client, signers: [signer], adjudicator, chainId, journal, pollIntervalMs, signatureThreads })
}
