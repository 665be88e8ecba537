import type { EvmBackend } from '@perun-watcher/chain-evm'
import { type FeeLimits, type LowBalance, signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import type { SignedState, Transaction } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { createPublicClient, createWalletClient, fallback, http, webSocket } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { mainnet, optimism, sepolia } from 'viem/chains'
import { expectTypeOf, test } from 'vitest'
import { type ViemBackendOptions, viemBackend } from '../src/index.ts'

declare const adjudicator: `0x${string}`
declare const journal: NonNullable<ViemBackendOptions['journal']>
declare const privateKey: `0x${string}`
declare const contractValue: unknown
const transport = http('https://node.example')
const account = privateKeyToAccount(privateKey)

test('any client of viem will do', () => {
  const clients = [
    createPublicClient({ chain: sepolia, transport }),
    createPublicClient({ chain: mainnet, transport: fallback([transport, transport]) }),
    createPublicClient({ transport: webSocket('wss://node.example') }),
    createWalletClient({ chain: sepolia, transport, account }),
  ]
  for (const client of clients) expectTypeOf(viemBackend({ client, account, adjudicator })).toExtend<EvmBackend>()
  // A chain whose blocks and transactions have a format of their own.
  const client = createPublicClient({ chain: optimism, transport })
  expectTypeOf(viemBackend({ client, account, adjudicator })).toEqualTypeOf<EvmBackend>()
})

test('one account or several', () => {
  const client = createPublicClient({ chain: sepolia, transport })
  viemBackend({ client, account: [account, account], adjudicator })
  // @ts-expect-error An address alone cannot sign.
  viemBackend({ client, account: account.address, adjudicator })
  // @ts-expect-error Somebody has to pay.
  viemBackend({ client, adjudicator })
})

test('every option of the README', () => {
  const client = createPublicClient({ chain: sepolia, transport })
  viemBackend({
    client,
    account,
    adjudicator,
    chainId: 11155111n,
    journal,
    finalityDepth: 64,
    pollIntervalMs: 1_000,
    requestTimeoutMs: 10_000,
    fees: { maxFeePerGasCap: 500_000_000_000n, minPriorityFeePerGas: 1_000_000_000n },
    maxPendingPerLane: 16,
    signatureThreads: 1,
    onLowBalance: (report) => expectTypeOf(report).toEqualTypeOf<LowBalance>(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  })
  expectTypeOf<ViemBackendOptions['fees']>().toEqualTypeOf<FeeLimits | undefined>()
  // @ts-expect-error Amounts of wei are no numbers.
  viemBackend({ client, account, adjudicator, fees: { maxFeePerGasCap: 500 } })
  // @ts-expect-error Chain ids are bigint, as everywhere in the watcher.
  viemBackend({ client, account, adjudicator, chainId: 1 })
  // @ts-expect-error A mistake in a name is found.
  viemBackend({ client, account, adjudicator, pollInterval: 1_000 })
  // @ts-expect-error An address is written in hexadecimal.
  viemBackend({ client, account, adjudicator: 'perun.eth' })
})

test('states come from whatever a contract library holds', () => {
  expectTypeOf(signedStateFromAbi(contractValue)).toEqualTypeOf<SignedState>()
  expectTypeOf(transactionFromAbi(contractValue)).toEqualTypeOf<Transaction>()
})

test('a backend does what an engine needs', () => {
  const backend = viemBackend({ client: createPublicClient({ chain: sepolia, transport }), account, adjudicator })
  expectTypeOf(backend.ledgerId).toBeString()
  expectTypeOf(backend.start).returns.resolves.toBeVoid()
  expectTypeOf(backend.close).returns.resolves.toBeVoid()
  expectTypeOf(backend.register).parameter(0).toEqualTypeOf<SignedState>()
})
