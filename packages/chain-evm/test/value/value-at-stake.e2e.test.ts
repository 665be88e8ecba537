import type { SignedState } from '@perun-watcher/core'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callsAtBlock } from '../../src/calls/calls-at-block.ts'
import { type EvmClient, signedStateFromAbi } from '../../src/index.ts'
import { rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { type ValueAtStake, valueAtStake } from '../../src/value/value-at-stake.ts'
import { manualClock } from '../support/clocks.ts'
import { httpClient } from '../transactions/support/rpc.ts'

let devnet: Devnet
/** One that nobody has paid into, and others in which 5 and 7 wei lie and a little more in each. */
let channels: readonly { readonly signed: SignedState; readonly value: bigint }[]

beforeAll(async () => {
  devnet = await startDevnet({})
  const actors = await Promise.all([1, 2].map((index) => createActor(devnet, devKey(index))))
  const open = async (more: bigint, isFunded: boolean) => {
    const channel = openChannel(devnet, { actors, challengeDuration: 60n, balances: [5n + more, 7n] })
    if (isFunded) await channel.fund()
    const signed = signedStateFromAbi(await channel.signed(channel.state(1n)))
    return { signed, value: isFunded ? 12n + more : 0n }
  }
  const opened = [await open(0n, false)]
  for (let more = 0n; more < 11n; more += 1n) opened.push(await open(more, true))
  channels = opened
})
afterAll(() => devnet.stop())

const nobody = new Error('no block is asked for')

/** @param answer what the endpoint says to a call with code of ours: by a state override, or as a creation. */
function watched(answer: (kind: 'override' | 'creation') => unknown): { value: ValueAtStake; requests(): number } {
  const inner = httpClient(devnet.rpcUrl)
  const client: EvmClient = {
    request(method, params, options) {
      const [call, , override] = params
      const isCreation = typeof call === 'object' && call !== null && !('to' in call)
      const special = override !== undefined ? answer('override') : isCreation ? answer('creation') : undefined
      if (special instanceof Error) return Promise.reject(special)
      return special === undefined ? inner.request(method, params, options) : Promise.resolve(special)
    },
  }
  const calls = callsAtBlock({ client, reader: { headerByNumber: () => Promise.reject(nobody) } })
  const etherHolders = new Set([devnet.contracts.assetHolder.toLowerCase()])
  const value = valueAtStake({ calls, clock: manualClock(), chainId: BigInt(devnet.chainId), etherHolders })
  return { value, requests: () => calls.requests }
}

const refused = rpcRefused('eth_call', { code: -32602, message: 'too many arguments', data: undefined })

describe.each<[string, (kind: 'override' | 'creation') => unknown, number]>([
  ['takes code in a state override', () => undefined, 2],
  ['takes code that creates a contract', (kind) => (kind === 'override' ? refused : undefined), 2 * 3],
  ['leaves overrides out', (kind) => (kind === 'override' ? '0x' : undefined), 2 * 3],
  // What it cost to find that out, then each share by itself.
  ['takes neither', () => refused, 2 * (4 + 24)],
])('the value of channels, by a node that %s', (_, answer, most) => {
  it('is what the contract holds for them', async () => {
    const { value, requests } = watched(answer)
    const values = await Promise.all(channels.map(({ signed }) => value(signed)))
    expect(values).toEqual(channels.map((channel) => channel.value))
    expect(requests()).toBeLessThanOrEqual(most)
    // What it does not take is not tried each time.
    for (const { signed, value: known } of channels.slice(0, 3)) expect(await value(signed)).toBe(known)
    expect(requests()).toBeLessThanOrEqual(most + 3 * 4)
  })
})

it('one that waits no longer keeps nobody else waiting', async () => {
  const { value } = watched(() => undefined)
  const [first, second] = channels.slice(1)
  if (first === undefined || second === undefined) throw new Error('not opened')
  const stopped = new AbortController()
  const given = value(first.signed, { signal: stopped.signal })
  const other = value(second.signed)
  stopped.abort(new Error('stopped'))
  await expect(given).rejects.toThrow('stopped')
  expect(await other).toBe(second.value)
})
