import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import {
  parseBlockHash,
  parseSignedState,
  parseStateHash,
  parseTransactionHash,
  type SignedState,
} from '@perun-watcher/core'
import type { WireReceipt } from '../../src/index.ts'
import { type ClientMessage, encodeReceiptBody, type ServerMessage } from '../../src/internal.ts'
import { error } from './errors.ts'

/** A channel of the recorded scenarios of Perun's contract: its id, hash and signatures are real. */
const channel: SignedState = parseSignedState({
  params: {
    challengeDuration: 60n,
    nonce: 28636668621631982001311037229453648237148597947118570807145257857980432843326n,
    participants: [
      { address: '0x7f1d642dbfd62ad4a8fa9810ea619707d09825d0', crossChainAddress: `0x${'00'.repeat(32)}` },
      { address: '0x5935897a39afabbeda5a599d38236e7df151c8b8', crossChainAddress: `0x${'00'.repeat(32)}` },
    ],
    app: undefined,
    ledgerChannel: true,
    virtualChannel: false,
  },
  state: {
    channelId: '0x22405d1cdd683d26b550b523080eb87fc039e225b0ab06ab5817f3199af31dd9',
    version: 3n,
    outcome: {
      assets: [
        {
          chainId: 31337n,
          holder: '0xe7f1725e7734ce288f8367e1bb143e90bb3f0512',
          crossChainHolder: `0x${'00'.repeat(32)}`,
        },
      ],
      backends: [1n],
      balances: [[10n, 20n]],
      locked: [],
    },
    appData: '0x',
    isFinal: false,
  },
  sigs: [
    '0x4cf93e702f80c6fcf24df1cf8ba7ebe5c5bb1303b72a9afc10eb7eeff11d2f4f0e54a6050b2d41344ff77ab83cdf7dff2dd7cb77ea1802115512acb22922320d1c',
    '0x0cd7d60e2c6ba77f8c916f21f36f260cb8617bc6e685ca7d44c14202f614188d0343367bb11869686f74c4005dbb4d962f1c87692f9936c44b94e29076a2bb181c',
  ],
})
const { channelId, version } = channel.state
const ledgerId = 'eip155:31337:0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0:v1'

/** An Ed25519 key whose secret is 32 bytes of 01, as DER wants it. */
const receiptSecret = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 1)]),
  format: 'der',
  type: 'pkcs8',
})
const receiptKey = Uint8Array.from(createPublicKey(receiptSecret).export({ format: 'der', type: 'spki' }).subarray(-32))

export const receiptBody = {
  ledgerId,
  client: 'meter-17',
  channelId,
  version,
  stateHash: parseStateHash(`0x${'5a'.repeat(32)}`),
  issuedAt: 1_767_225_600n,
}

function receipt(): WireReceipt {
  const body = encodeReceiptBody(receiptBody)
  const signed = Buffer.concat([Buffer.from('perun-watcher receipt v1\n'), body])
  return { body, signature: Uint8Array.from(sign(null, signed, receiptSecret)) }
}

const blockHash = parseBlockHash(`0x${'b1'.repeat(32)}`)
const transactionHash = parseTransactionHash(`0x${'c2'.repeat(32)}`)

/** The messages of a client that docs/wire.md shows. */
export const clientExamples: Readonly<Record<string, ClientMessage>> = {
  hello: { type: 'hello', versions: [1], software: 'meter/1.0', ledgerId },
  'start-watching': {
    type: 'startWatching',
    request: 1n,
    watch: 1,
    newest: channel,
    parent: undefined,
    receipt: undefined,
  },
  publish: {
    type: 'publish',
    request: 2n,
    watch: 1,
    transaction: { state: { ...channel.state, version: 4n }, sigs: channel.sigs },
  },
  'stop-watching': { type: 'stopWatching', request: 3n, channelId },
  acknowledge: { type: 'acknowledge', watch: 1, sequence: 1n },
  'list-channels': { type: 'listChannels', request: 4n, after: undefined, limit: 100 },
  ping: { type: 'ping', number: 1n },
}

/** The messages of a watcher that docs/wire.md shows. */
export const serverExamples: Readonly<Record<string, ServerMessage>> = {
  welcome: {
    type: 'welcome',
    version: 1,
    software: 'perun-watcher/0.1.0',
    ledgerId,
    maxMessageBytes: 262_144,
    maxRequests: 64,
    idleTimeoutSeconds: 90,
    receiptKey,
  },
  started: { type: 'reply', request: 1n, result: { type: 'started', version, receipt: receipt() } },
  published: { type: 'reply', request: 2n, result: { type: 'published', version: 4n, receipt: undefined } },
  refused: {
    type: 'reply',
    request: 2n,
    result: {
      type: 'failed',
      error: error('RATE_LIMITED', { details: ['10 publishes per second.'], retryAfterMs: 250 }),
    },
  },
  stopped: { type: 'reply', request: 3n, result: { type: 'stopped' } },
  registered: {
    type: 'event',
    watch: 1,
    sequence: 1n,
    ledgerId,
    event: {
      type: 'registered',
      channelId,
      version: 2n,
      timeout: 1_767_225_660n,
      finality: 'seen',
      block: { number: 21_000_000n, hash: blockHash, timestamp: 1_767_225_600n },
      transactionHash,
    },
  },
  refuted: {
    type: 'event',
    watch: 1,
    sequence: 2n,
    ledgerId,
    event: { type: 'refuted', channelId, version: 4n, transactionHash, secondsLeft: 48n },
  },
  endangered: {
    type: 'event',
    watch: 1,
    sequence: 3n,
    ledgerId,
    event: {
      type: 'endangered',
      channelId,
      reason: 'late',
      version: 4n,
      registeredVersion: 2n,
      deadline: 1_767_225_660n,
      secondsLeft: 12n,
      detail: 'The node does not answer.',
    },
  },
  'state-needed': {
    type: 'event',
    watch: 1,
    sequence: 4n,
    ledgerId,
    event: {
      type: 'stateNeeded',
      channelId,
      version: 3n,
      stateHash: receiptBody.stateHash,
      deadline: 1_767_225_660n,
      secondsLeft: 12n,
    },
  },
  'watch-ended': { type: 'watchEnded', watch: 1, error: undefined },
  channels: {
    type: 'reply',
    request: 4n,
    result: { type: 'channels', channels: [{ id: channelId, version: 4n, parent: undefined }], more: false },
  },
  pong: { type: 'pong', number: 1n },
  goodbye: { type: 'goodbye', error: error('OVERLOADED', { retryAfterMs: 5_000 }) },
}
