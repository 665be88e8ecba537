import {
  type AdjudicatorEvent,
  type ChainFact,
  type EndangeredReason,
  type Finality,
  parseBlockHash,
  parseStateHash,
  parseTransactionHash,
  type StateNeeded,
} from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'

const channel = testChannel()
const zeros = `0x${'00'.repeat(32)}`

export const fact = (type: ChainFact['type'], version: bigint, finality: Finality = 'seen'): ChainFact => ({
  type,
  channelId: channel.id,
  version,
  timeout: 100n,
  finality,
  block: { number: 1n, hash: parseBlockHash(zeros), timestamp: 1n },
  transactionHash: parseTransactionHash(zeros),
})

export const removed = (version: bigint): AdjudicatorEvent => ({
  type: 'removed',
  channelId: channel.id,
  fact: fact('registered', version),
})

export const learned = (version: bigint): AdjudicatorEvent => ({
  type: 'learned',
  channelId: channel.id,
  version,
  transaction: channel.signed(version),
})

export const refuted = (version: bigint): AdjudicatorEvent => ({
  type: 'refuted',
  channelId: channel.id,
  version,
  transactionHash: parseTransactionHash(zeros),
  secondsLeft: 1n,
})

export const endangered = (reason: EndangeredReason, version = 1n): AdjudicatorEvent => ({
  type: 'endangered',
  channelId: channel.id,
  reason,
  version,
  registeredVersion: undefined,
  deadline: undefined,
  secondsLeft: undefined,
  detail: '',
})

export const stateNeeded = (version: bigint): StateNeeded => ({
  type: 'stateNeeded',
  channelId: channel.id,
  version,
  stateHash: parseStateHash(zeros),
  deadline: undefined,
  secondsLeft: undefined,
})
