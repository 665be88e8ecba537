import { type Bytes, isWatcherError, parseBytes, parseSignature } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { paramsToAbi, signedStateToAbi, transactionToAbi } from '../../src/codec/to-abi.ts'
import { signedStateFromAbi, transactionFromAbi } from '../../src/index.ts'
import { channelId, paramsFromAbi, stateFromAbi, stateHash, stateToAbi } from '../../src/internal.ts'
import { anySignedState, l1, l2 } from './samples.ts'

const signed = { params: l2.params, state: l2.state, sigs: [parseSignature('0x01'), parseSignature('0x')] }
const abi = signedStateToAbi(fc.sample(anySignedState, { numRuns: 1, seed: 3 })[0] ?? { ...l2, sigs: [] })

/** What JSON and loosely typed clients make of it: decimal text for every integer. */
function loosened(value: unknown, integer: (n: bigint) => unknown): unknown {
  if (typeof value === 'bigint') return integer(value)
  if (typeof value === 'number') return integer(BigInt(value))
  if (Array.isArray(value)) return value.map((item) => loosened(item, integer))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, loosened(item, integer)]))
}

/** As ethers gives structs: lists that also know their fields' names. */
function asResults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asResults)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, asResults(item)])
  return Object.assign(
    entries.map(([, item]) => item),
    Object.fromEntries(entries),
  )
}

function refusalOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isWatcherError(error)) return `${error.code}: ${error.shortMessage}`
    throw error
  }
  return 'accepted'
}

describe('the form that contracts and client libraries use', () => {
  it('comes back unchanged', () => {
    fc.assert(
      fc.property(anySignedState, (value) => {
        expect(signedStateFromAbi(signedStateToAbi(value))).toEqual(value)
        expect(transactionFromAbi(transactionToAbi(value))).toEqual({ state: value.state, sigs: value.sigs })
        expect(paramsFromAbi(paramsToAbi(value.params))).toEqual(value.params)
        expect(stateFromAbi(stateToAbi(value.state))).toEqual(value.state)
      }),
      { numRuns: 50 },
    )
  })

  it('takes integers as decimal text, and as numbers where they are safe', () => {
    fc.assert(
      fc.property(anySignedState, (value) => {
        expect(signedStateFromAbi(loosened(signedStateToAbi(value), String))).toEqual(value)
      }),
      { numRuns: 20 },
    )
    const small = {
      ...signedStateToAbi(signed),
      state: stateToAbi({ ...l2.state, outcome: { ...l2.state.outcome, balances: [[1n, 2n]] } }),
    }
    expect(signedStateFromAbi(loosened(small, Number)).state.outcome.balances).toEqual([[1n, 2n]])
  })

  it('takes the named lists of ethers', () => {
    expect(signedStateFromAbi(asResults(signedStateToAbi(signed)))).toEqual(signed)
  })

  it('takes addresses and hashes in any case, and gives lower case', () => {
    const upper = { ...paramsToAbi(l1.params), app: `0x${'AA'.repeat(20)}` }
    expect(paramsFromAbi(upper).app).toBe(`0x${'aa'.repeat(20)}`)
  })

  it('says no app as the zero address', () => {
    expect(paramsToAbi(l1.params).app).toBe(`0x${'00'.repeat(20)}`)
    expect(paramsFromAbi(paramsToAbi(l1.params)).app).toBeUndefined()
  })

  it.each<[string, () => unknown]>([
    ['signed state must be an object', () => signedStateFromAbi(undefined)],
    ['params must be an object', () => signedStateFromAbi({ state: abi.state, sigs: [] })],
    ['params.nonce must be a uint256', () => paramsFromAbi({ ...abi.params, nonce: -1 })],
    ['params.nonce must be a uint256', () => paramsFromAbi({ ...abi.params, nonce: 2 ** 53 })],
    ['params.nonce must be a uint256', () => paramsFromAbi({ ...abi.params, nonce: 1.5 })],
    ['params.nonce must be a uint256', () => paramsFromAbi({ ...abi.params, nonce: '0x10' })],
    ['params.nonce must be a uint256', () => paramsFromAbi({ ...abi.params, nonce: String(2n ** 256n) })],
    ['params.app must be bytes', () => paramsFromAbi({ ...abi.params, app: undefined })],
    ['params.app must be an address', () => paramsFromAbi({ ...abi.params, app: '0x00' })],
    ['params.ledgerChannel must be true or false', () => paramsFromAbi({ ...abi.params, ledgerChannel: 1 })],
    ['params.participants must be a list', () => paramsFromAbi({ ...abi.params, participants: {} })],
    [
      'params.participants[0].ethAddress must be an address',
      () => paramsFromAbi({ ...abi.params, participants: [{ ethAddress: `0x${'00'.repeat(32)}`, ccAddress: '0x' }] }),
    ],
    [
      'params.participants[0].ccAddress must be bytes',
      () => paramsFromAbi({ ...abi.params, participants: [{ ethAddress: `0x${'00'.repeat(20)}` }] }),
    ],
    ['state.version must be a uint64', () => stateFromAbi({ ...abi.state, version: 2n ** 64n })],
    ['state.channelID must be 32 bytes', () => stateFromAbi({ ...abi.state, channelID: '0x' })],
    ['state.outcome must be an object', () => stateFromAbi({ ...abi.state, outcome: 7 })],
    [
      'state.outcome.assets[0].ethHolder must be an address',
      () =>
        stateFromAbi({
          ...abi.state,
          outcome: { ...abi.state.outcome, assets: [{ chainID: 1, ethHolder: '0x', ccHolder: '0x' }] },
        }),
    ],
    [
      'state.outcome.locked[0].indexMap[1] must be a uint16',
      () =>
        stateFromAbi({
          ...abi.state,
          outcome: {
            ...abi.state.outcome,
            locked: [{ ID: abi.state.channelID, balances: [], indexMap: [0, 65_536] }],
          },
        }),
    ],
    ['state.appData must be bytes', () => stateFromAbi({ ...abi.state, appData: '0x0' })],
    ['sigs must be a list', () => transactionFromAbi({ state: abi.state })],
  ])('is refused with: %s', (message, run) => {
    expect(refusalOf(run)).toContain(`STATE_MALFORMED: ${message}`)
  })
})

describe('addresses that are not 20 bytes long', () => {
  const wrong: readonly Bytes[] = ['0x', `0x${'11'.repeat(19)}`, `0x${'11'.repeat(21)}`, `0x${'11'.repeat(32)}`].map(
    (text) => parseBytes(text),
  )

  it.each(wrong)('are never encoded: %s', (address) => {
    const [first, second] = l1.params.participants
    if (!first || !second) throw new Error('the sample has two participants')
    const participants = [first, { ...second, address }]
    expect(refusalOf(() => channelId({ ...l1.params, participants }))).toContain('params.participants[1].address')
    expect(refusalOf(() => channelId({ ...l1.params, app: address }))).toContain('params.app')
    const { outcome } = l1.state
    const assets = outcome.assets.map((asset) => ({ ...asset, holder: address }))
    expect(refusalOf(() => stateHash({ ...l1.state, outcome: { ...outcome, assets } }))).toContain(
      'state.outcome.assets[0].holder',
    )
  })

  it('have no second way to say no app', () => {
    const app = parseBytes(`0x${'00'.repeat(20)}`)
    expect(refusalOf(() => channelId({ ...l1.params, app }))).toContain('STATE_MALFORMED: params.app must be left out')
  })
})
