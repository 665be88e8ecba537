import type { Worker } from 'node:worker_threads'
import type { WatcherError } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { type EvmBackendOptions, type EvmClient, type EvmSigner, evmBackend, parseAddress } from '../../src/index.ts'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { l1, sampleKeyBytes } from '../codec/samples.ts'
import { signAll } from '../codec/sign.ts'
import { adjudicator } from '../support/fake-chain.ts'

const signer: EvmSigner = {
  address: parseAddress(`0x${'51'.repeat(20)}`),
  signTransaction: () => Promise.reject(new Error('not here')),
}

const answers = (table: Readonly<Record<string, unknown>>): EvmClient => ({
  async request(method) {
    const answer = table[method]
    if (answer instanceof Error) throw answer
    return answer
  },
})

const options = (changes: Partial<EvmBackendOptions> = {}): EvmBackendOptions => ({
  client: answers({}),
  signers: [signer],
  adjudicator,
  chainId: 5n,
  ...changes,
})

describe('the options of a backend', () => {
  const wrong: readonly (readonly [string, Partial<EvmBackendOptions>])[] = [
    ['no account', { signers: [] }],
    ['one account twice', { signers: [signer, signer] }],
    ['an address that is none', { adjudicator: '0x12' }],
    ['chain id zero', { chainId: 0n }],
    ['a negative finality depth', { finalityDepth: -1 }],
    ['half a block', { finalityDepth: 1.5 }],
    ['no time between polls', { pollIntervalMs: 0 }],
    ['no time to answer', { requestTimeoutMs: 0 }],
    ['no room for transactions', { maxPendingPerLane: 0 }],
    ['a fee cap of zero', { fees: { maxFeePerGasCap: 0n } }],
  ]
  for (const [what, changes] of wrong) {
    it(`refuse ${what}`, () => {
      expect(() => evmBackend(options(changes))).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    })
  }
})

describe('the start of a backend', () => {
  it('takes a refusal by the contract for another contract, and one by the node for none', async () => {
    const say = (message: string): WatcherError => rpcRefused('eth_call', { code: 3, message, data: undefined })
    const contract = { eth_chainId: '0x5', eth_getCode: '0x60' }
    const reverting = evmBackend(options({ client: answers({ ...contract, eth_call: say('execution reverted') }) }))
    await expect(reverting.probe()).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
    const busy = evmBackend(options({ client: answers({ ...contract, eth_call: say('too many requests') }) }))
    await expect(busy.probe()).rejects.toMatchObject({ code: 'RPC_REFUSED' })
    const other = evmBackend(options({ client: answers({ ...contract, eth_call: `0x${'00'.repeat(32)}` }) }))
    await expect(other.probe()).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
  })

  it('ends with the reason of its signal', async () => {
    const deaf: EvmClient = { request: () => new Promise(() => undefined) }
    const abort = new AbortController()
    const started = evmBackend(options({ client: deaf })).probe({ signal: abort.signal })
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(started).rejects.toBe(reason)
  })
})

describe('the end of a backend', () => {
  it('waits until the threads that check signatures have ended', async () => {
    const threads: Worker[] = []
    process.once('worker', (thread) => threads.push(thread))
    const backend = evmBackend(options({ signatureThreads: 1 }))
    await backend.verify(signAll(sampleKeyBytes, l1.params, l1.state))
    expect(threads.map(({ threadId }) => threadId > 0)).toEqual([true])
    await backend.close()
    // What Node calls a thread that is no more.
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1])
  })
})
