import { channelUpdateTopic, v1 } from '@perun-watcher/chain-evm/internal'
import {
  type Bytes,
  type ChannelId,
  type Hex,
  type Params,
  type Participant,
  type Phase,
  parseBytes,
} from '@perun-watcher/core'
import type { ModelDispute, ModelUpdate } from '@perun-watcher/core/testing'
import { assetHolderAbi, tokenAbi } from '@perun-watcher/devnet'
import { decodeEventLog, encodeFunctionData } from 'viem'
import { type Addresses, holdersOf } from '../calls/call.ts'
import {
  accountOf,
  allowedText,
  depositedText,
  fundingIdOf,
  movedText,
  settledText,
  settlementOf,
  withdrawnText,
} from '../calls/model-holders.ts'
import type { Answered } from '../calls/model-ledger.ts'

/** A channel that calls are about. */
export interface Subject {
  /** For people. */
  readonly name: string
  readonly id: ChannelId
  readonly params: Params
}

/** Channels that calls are about. */
export interface Subjects {
  readonly channels: readonly Subject[]
}

/** What a call did, in words that model and contract can be compared by and people can read. */
export interface Answer {
  /** `ok`, or why the call was refused. */
  readonly reason: string
  readonly updates: readonly string[]
  /** What is recorded afterwards of each of the family's channels, and what is kept for those that can be settled. */
  readonly records: readonly string[]
}

const phases: readonly Phase[] = ['dispute', 'forceExec', 'concluded']

/** The model's answer. `start`: what times are told relative to. */
export function answerOf(answered: Answered, family: Subjects, addresses: Addresses, start: bigint): Answer {
  const { reason, updates, holderLogs, world } = answered
  return {
    reason,
    updates: [
      ...updates.map((update) => `${nameOf(update.channelId, family)}: ${summaryOf(update, start)}`),
      ...holderLogs,
    ],
    records: [
      ...family.channels.map((channel) => recordText(channel, world.disputes.get(channel.id), start)),
      ...settlementsOf(family, addresses).map(({ holder, channel }) =>
        settlementText(holder, channel, world.funds.settled.has(settlementOf(holder, channel.id))),
      ),
      ...accountsOf(family, addresses).map((account) => {
        const key = accountOf(account.holder, account.channel.id, account.participant)
        return holdingsText(account, world.funds.holdings.get(key) ?? 0n)
      }),
    ],
  }
}

/** A reading of what a contract keeps, and what it says in the same words. */
export interface Reading {
  readonly to: Hex
  readonly data: Hex
  textOf(answer: Hex): string
}

/** All that is compared of a family besides the answers to its calls. */
export function readingsOf(family: Subjects, addresses: Addresses, start: bigint): readonly Reading[] {
  const abi = assetHolderAbi
  return [
    ...family.channels.map((channel) => ({
      to: addresses.adjudicator,
      data: v1.encodeDisputes(channel.id),
      textOf: (answer: Hex) => storedText(channel, answer, start),
    })),
    ...settlementsOf(family, addresses).map(({ holder, channel }) => ({
      to: holder,
      data: encodeFunctionData({ abi, functionName: 'settled', args: [channel.id] }),
      textOf: (answer: Hex) => settlementText(holder, channel, BigInt(answer) === 1n),
    })),
    ...accountsOf(family, addresses).map((account) => ({
      to: account.holder,
      data: encodeFunctionData({
        abi,
        functionName: 'holdings',
        args: [fundingIdOf(account.channel.id, account.participant)],
      }),
      textOf: (answer: Hex) => holdingsText(account, BigInt(answer)),
    })),
  ]
}

interface Account {
  readonly holder: Bytes
  readonly channel: Subject
  readonly participant: Participant
}

/** Whose outcomes holders may come to know. */
function settlementsOf({ channels }: Subjects, addresses: Addresses): readonly Omit<Account, 'participant'>[] {
  const settling = channels.filter(({ params }) => params.ledgerChannel)
  return settling.flatMap((channel) => holdersOf(addresses).map((holder) => ({ holder, channel })))
}

function accountsOf(family: Subjects, addresses: Addresses): readonly Account[] {
  return settlementsOf(family, addresses).flatMap(({ holder, channel }) =>
    channel.params.participants.map((participant) => ({ holder, channel, participant })),
  )
}

function settlementText(holder: Hex, { name }: Subject, isSettled: boolean): string {
  return `${name} at ${holder}: ${isSettled ? 'settled' : 'not settled'}`
}

function holdingsText({ holder, channel, participant }: Account, amount: bigint): string {
  return `${channel.name} of ${participant.address} at ${holder}: ${amount}`
}

const holderLogs = [...assetHolderAbi, ...tokenAbi] as const

/** The logs of contracts in the same words as the model's. */
export function logText(log: Log, family: Subjects, start: bigint): string {
  const [topic, ...indexed] = log.topics
  if (topic === channelUpdateTopic) return updateText(log.topics, log.data, family, start)
  if (topic === undefined) return `a log without a topic: ${log.data}`
  const { eventName, args } = decodeEventLog({ abi: holderLogs, topics: [topic, ...indexed], data: log.data })
  const holder = parseBytes(log.address)
  switch (eventName) {
    case 'Deposited':
      return depositedText(holder, args.fundingID, args.amount)
    case 'Withdrawn':
      return withdrawnText(holder, args.fundingID, args.amount, parseBytes(args.receiver))
    case 'Approval':
      return allowedText(holder, parseBytes(args.owner), parseBytes(args.spender), args.value)
    case 'Transfer':
      return movedText(holder, parseBytes(args.from), parseBytes(args.to), args.value)
    case 'OutcomeSet':
      return settledText(holder, args.channelID)
  }
}

export interface Log {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
}

function updateText(topics: readonly Hex[], data: Hex, family: Subjects, start: bigint): string {
  const [version = 0n, phase = 0n, timeout = 0n] = words(data)
  return `${nameOf(topics[1], family)}: ${summaryOf({ version, phase: phaseOf(phase), timeout }, start)}`
}

/** The contract's record of a channel, as `disputes` returns it. */
function storedText(channel: Subject, data: Hex, start: bigint): string {
  const [timeout = 0n, challengeDuration = 0n, version = 0n, phase = 0n, , hasApp = 0n] = words(data)
  const stateHash = `0x${data.slice(2 + 4 * 64, 2 + 5 * 64)}`
  const record = { timeout, challengeDuration, version, phase: phaseOf(phase), stateHash, hasApp: hasApp === 1n }
  return recordText(channel, BigInt(stateHash) === 0n && version === 0n ? undefined : record, start)
}

function recordText(
  { name }: Subject,
  record: (Omit<ModelDispute, 'stateHash'> & { readonly stateHash: string }) | undefined,
  start: bigint,
): string {
  if (record === undefined) return `${name}: nothing`
  const { stateHash, challengeDuration, hasApp } = record
  return `${name}: ${summaryOf(record, start)}, ${stateHash}, window ${challengeDuration}${hasApp ? ', app' : ''}`
}

function summaryOf({ version, phase, timeout }: Omit<ModelUpdate, 'channelId'>, start: bigint): string {
  return `version ${version}, ${phase} until ${timeout - start}`
}

function nameOf(id: ChannelId | Hex | undefined, { channels }: Subjects): string {
  return channels.find((channel) => channel.id === id)?.name ?? `stranger ${id}`
}

function phaseOf(number: bigint): Phase {
  const phase = phases[Number(number)]
  if (phase === undefined) throw new RangeError(`There is no phase ${number}.`)
  return phase
}

function words(data: Hex): readonly bigint[] {
  return Array.from({ length: (data.length - 2) / 64 }, (_, index) =>
    BigInt(`0x${data.slice(2 + index * 64, 66 + index * 64)}`),
  )
}
