import {
  type AdjudicatorEvent,
  type ChainFact,
  type ChannelId,
  type ClientName,
  type HeldState,
  type LedgerId,
  type OnChainRecord,
  type Params,
  parseBlockHash,
  parseBytes,
  parseChannelId,
  parseClientName,
  parseLedgerId,
  parseSignature,
  parseStateHash,
  parseTransactionHash,
  type Transaction,
} from '@perun-watcher/core'
import type { Mailbox } from '@perun-watcher/core/adapter'
import fc from 'fast-check'

const hexOf = (bytes: Uint8Array): `0x${string}` => `0x${Buffer.from(bytes).toString('hex')}`
const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => parseBytes(hexOf(value)))
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hexOf)
const uint256 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }))
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
const signed = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n })

export const channelId: fc.Arbitrary<ChannelId> = hash.map((value) => parseChannelId(value))
export const client: fc.Arbitrary<ClientName> = fc.constantFrom('a', 'b~!', 'c'.repeat(128)).map(parseClientName)

/** Those that the stores of tests are bound to, by their numbers. */
export const ledgers: readonly [LedgerId, LedgerId] = [parseLedgerId('ledger:1'), parseLedgerId('ledger:2')]
export const ledger: fc.Arbitrary<LedgerId> = fc.constantFrom(...ledgers)

export const params: fc.Arbitrary<Params> = fc.record({
  challengeDuration: uint64,
  nonce: uint256,
  participants: fc.array(fc.record({ address: bytes, crossChainAddress: bytes }), { maxLength: 4 }),
  app: fc.option(bytes, { nil: undefined }),
  ledgerChannel: fc.boolean(),
  virtualChannel: fc.boolean(),
})

const transaction: fc.Arbitrary<Transaction> = fc.record({
  state: fc.record({
    channelId,
    version: uint64,
    outcome: fc.record({
      assets: fc.array(fc.record({ chainId: uint256, holder: bytes, crossChainHolder: bytes }), { maxLength: 3 }),
      backends: fc.array(uint256, { maxLength: 3 }),
      balances: fc.array(fc.array(uint256, { maxLength: 3 }), { maxLength: 3 }),
      locked: fc.array(
        fc.record({
          channelId,
          balances: fc.array(uint256, { maxLength: 3 }),
          indexMap: fc.array(fc.nat({ max: 65_535 }), { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
    }),
    appData: bytes,
    isFinal: fc.boolean(),
  }),
  sigs: fc.array(
    bytes.map((value) => parseSignature(value)),
    { maxLength: 3 },
  ),
})

export const held: fc.Arbitrary<HeldState> = fc
  .tuple(transaction, hash)
  .map(([signedState, value]) => ({ ...signedState, hash: parseStateHash(value) }))

export const record: fc.Arbitrary<OnChainRecord> = fc.record({
  version: uint64,
  phase: fc.constantFrom('dispute', 'forceExec', 'concluded'),
  timeout: uint64,
  stateHash: fc.option(
    hash.map((value) => parseStateHash(value)),
    { nil: undefined },
  ),
  blockNumber: uint64,
})

const transactionHash = hash.map((value) => parseTransactionHash(value))

const fact: fc.Arbitrary<ChainFact> = fc.record({
  type: fc.constantFrom('registered', 'progressed', 'concluded'),
  channelId,
  version: uint64,
  timeout: uint64,
  finality: fc.constantFrom('seen', 'final'),
  block: fc.record({ number: uint64, hash: hash.map((value) => parseBlockHash(value)), timestamp: uint64 }),
  transactionHash: fc.option(transactionHash, { nil: undefined }),
})

const event: fc.Arbitrary<AdjudicatorEvent> = fc.oneof(
  fact,
  fc.record({ type: fc.constant('removed' as const), channelId, fact }),
  fc.record({ type: fc.constant('learned' as const), channelId, version: uint64, transaction }),
  fc.record({
    type: fc.constant('refuted' as const),
    channelId,
    version: uint64,
    transactionHash,
    secondsLeft: signed,
  }),
  fc.record({
    type: fc.constant('endangered' as const),
    channelId,
    reason: fc.constantFrom('sub-channel-unknown', 'late', 'too-late', 'short-sub-window', 'underfunded'),
    version: uint64,
    registeredVersion: fc.option(uint64, { nil: undefined }),
    deadline: fc.option(uint64, { nil: undefined }),
    secondsLeft: fc.option(signed, { nil: undefined }),
    detail: fc.string({ unit: 'grapheme', maxLength: 20 }),
  }),
  fc.record({
    type: fc.constant('stateNeeded' as const),
    channelId,
    version: uint64,
    stateHash: hash.map((value) => parseStateHash(value)),
    deadline: fc.option(uint64, { nil: undefined }),
    secondsLeft: fc.option(signed, { nil: undefined }),
  }),
)

export const mailbox: fc.Arbitrary<Mailbox> = fc.record({
  lastSequence: uint256,
  events: fc.array(fc.record({ sequence: uint256, ledger, event }), { maxLength: 4 }),
})

export const links = fc.record({
  parents: fc.array(channelId, { maxLength: 2 }),
  clients: fc.uniqueArray(client, { maxLength: 3 }),
})
