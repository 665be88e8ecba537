import { type HeldState, parseClientName, parseLedgerId } from '@perun-watcher/core'
import type { StoreChange } from '@perun-watcher/core/adapter'
import { modelStateHash, type TestChannel, testChannel } from '@perun-watcher/core/testing'

export const ledger = parseLedgerId('ledger:1')

export const alice = parseClientName('alice')

const channels: TestChannel[] = []

/** The same channel for the same number, in one process. */
export function channelOf(number: number): TestChannel {
  while (channels.length <= number) channels.push(testChannel())
  const channel = channels[number]
  if (channel === undefined) throw new RangeError(`no channel ${number}`)
  return channel
}

export function held(
  channel: TestChannel,
  version: bigint,
  options: Parameters<TestChannel['signed']>[1] = {},
): HeldState {
  const { state, sigs } = channel.signed(version, options)
  return { state, sigs, hash: modelStateHash(state) }
}

export function create(channel: TestChannel, version: bigint): StoreChange {
  const { id, params } = channel
  return { type: 'createChannel', id, params, parents: [], clients: [alice], newest: held(channel, version) }
}

export const newest = (channel: TestChannel, version: bigint): StoreChange => ({
  type: 'putNewest',
  id: channel.id,
  line: 0,
  held: held(channel, version),
})
