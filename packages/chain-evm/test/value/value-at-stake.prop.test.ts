import { type Hex, parseChannelId, parseSignedState, type SignedState, WatcherError } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CallsAtBlock, callsAtBlock } from '../../src/calls/calls-at-block.ts'
import { type EvmClient, failoverClient } from '../../src/index.ts'
import { chainUnreachable, rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { fundingId, valueAtStake } from '../../src/value/value-at-stake.ts'
import { manualClock } from '../support/clocks.ts'

const chainId = 5n
const address = (index: number): Hex => `0x${(index + 1).toString(16).padStart(40, '0')}`
const ether = address(100)
const token = address(200)
const id = parseChannelId(`0x${'ab'.repeat(32)}`)

function channelOf(holders: readonly Hex[], participants: number, assetChain = chainId): SignedState {
  return parseSignedState({
    params: {
      challengeDuration: 60n,
      nonce: 1n,
      participants: Array.from({ length: participants }, (_, index) => ({
        address: address(index),
        crossChainAddress: '0x',
      })),
      app: undefined,
      ledgerChannel: true,
      virtualChannel: false,
    },
    state: {
      channelId: id,
      version: 1n,
      outcome: {
        assets: holders.map((holder) => ({ chainId: assetChain, holder, crossChainHolder: '0x' })),
        backends: holders.map(() => 1n),
        balances: holders.map(() => Array.from({ length: participants }, () => 5n)),
        locked: [],
      },
      appData: '0x',
      isFinal: false,
    },
    sigs: Array.from({ length: participants }, () => '0x'),
  })
}

/** What two endpoints say is held, by holder and share: an amount, a text, or an error. */
type Says = (holder: string, share: string, secondOpinion: boolean) => bigint | string | Error

const clientSaying = (says: Says): EvmClient => ({
  async request(_, [call, __, override], { secondOpinion = false } = {}) {
    const { to, data } = call as { to?: string; data: string }
    // It takes no code for the length of a call.
    if (to === undefined || override !== undefined) throw refused
    const answer = says(to, `0x${data.slice(10)}`, secondOpinion)
    if (answer instanceof Error) throw answer
    return typeof answer === 'string' ? answer : `0x${answer.toString(16).padStart(64, '0')}`
  },
})

const callsOf = (client: EvmClient): CallsAtBlock =>
  callsAtBlock({ client, reader: { headerByNumber: () => Promise.reject(new Error('no block is asked for')) } })

const stakeBy = (client: EvmClient, channel: SignedState, agreed?: boolean): Promise<bigint | undefined> =>
  valueAtStake({
    calls: callsOf(client),
    clock: manualClock(),
    chainId,
    etherHolders: new Set([ether]),
  })(channel, { agreed })

const stakeOf = (says: Says, channel: SignedState): Promise<bigint | undefined> => stakeBy(clientSaying(says), channel)

const unreachable = chainUnreachable('eth_call', 'connection refused')
const refused = rpcRefused('eth_call', { code: 3, message: 'execution reverted', data: undefined })

describe('the value at stake', () => {
  it('is what the ether holder has for all participants, each share once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt(0n, 10n ** 20n), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        async (shares, times) => {
          const known = new Map<string, bigint>(
            shares.map((share, index) => [fundingId(id, address(index) as never), share]),
          )
          const channel = channelOf(
            Array.from({ length: times }, () => ether),
            shares.length,
          )
          const value = await stakeOf((holder, share) => (holder === ether ? (known.get(share) ?? 0n) : 0n), channel)
          expect(value).toBe(shares.reduce((sum, share) => sum + share, 0n))
        },
      ),
    )
  })

  it.each<[string, Says, bigint | undefined]>([
    ['that of the endpoint that says more', (_, __, second) => (second ? 7n : 0n), 14n],
    ['that of the endpoint that answers', (_, __, second) => (second ? unreachable : 3n), 6n],
    ['not known where none answers', () => unreachable, undefined],
    ['not known where the holder refuses to say', () => refused, undefined],
    [
      'not known where one of them says nonsense and the other nothing',
      (_, __, second) => (second ? '0x12' : unreachable),
      undefined,
    ],
    ['nothing where the holder has no code', () => '0x', 0n],
    ['nothing where nothing was deposited', () => 0n, 0n],
  ])('is %s', async (_, says, value) => {
    expect(await stakeOf(says, channelOf([ether], 2))).toBe(value)
  })

  it('is not known where anything else is held for the channel, and counts what else is not held as nothing', async () => {
    const channel = channelOf([ether, token], 2)
    expect(await stakeOf(() => 1n, channel)).toBeUndefined()
    expect(await stakeOf((holder) => (holder === ether ? 4n : 0n), channel)).toBe(8n)
    expect(await stakeOf(() => 0n, channelOf([token], 2))).toBe(0n)
  })

  it('is not known of assets on another chain, nor of more shares than are looked at', async () => {
    const never: Says = () => new WatcherError('RPC_REFUSED', 'must not be asked')
    expect(await stakeOf(never, channelOf([ether], 2, 6n))).toBeUndefined()
    expect(await stakeOf(never, channelOf([ether], 65))).toBeUndefined()
  })

  describe('where two endpoints must agree', () => {
    const client = (...endpoints: readonly (readonly [string, Says])[]): EvmClient =>
      failoverClient({
        endpoints: endpoints.map(([name, says]) => ({ name, client: clientSaying(says) })),
        clock: manualClock(),
      })
    const channel = channelOf([ether], 2)

    it.each<[string, EvmClient, bigint | undefined, bigint | undefined]>([
      ['the more of both', client(['liar', () => 0n], ['honest', () => 4n]), 8n, 8n],
      ['nothing by the word of both', client(['one', () => 0n], ['other', () => 0n]), 0n, 0n],
      ['not known while one does not answer', client(['liar', () => 0n], ['honest', () => unreachable]), undefined, 0n],
      ['not known while the first does not', client(['honest', () => unreachable], ['liar', () => 0n]), undefined, 0n],
      ['the word of the only one that there is', client(['only', () => 0n]), 0n, 0n],
      ['that of two of three', client(['one', () => 3n], ['other', () => unreachable], ['third', () => 0n]), 6n, 6n],
    ])('is %s', async (_, of, agreed, otherwise) => {
      expect(await stakeBy(of, channel, true)).toBe(agreed)
      expect(await stakeBy(of, channel)).toBe(otherwise)
    })

    it('counts what is read together, too', async () => {
      const many = channelOf([ether], 40)
      expect(await stakeBy(client(['liar', () => 0n], ['honest', () => unreachable]), many, true)).toBeUndefined()
      expect(await stakeBy(client(['one', () => 0n], ['other', () => 0n]), many, true)).toBe(0n)
    })
  })
})
