import { describe, expect, it } from 'vitest'
import { parseSignedState, parseState } from '../../src/index.ts'
import { limits } from '../../src/internal.ts'
import { testChannel } from '../../src/testing/index.ts'

const { params, state, sigs } = testChannel().signed(1n)

describe('the size of a state', () => {
  it('is bounded for app data', () => {
    const withData = (bytes: number) => ({ ...state, appData: `0x${'00'.repeat(bytes)}` })
    expect(parseState(withData(limits.appDataBytes)).appData).toHaveLength(2 + 2 * limits.appDataBytes)
    expect(() => parseState(withData(limits.appDataBytes + 1))).toThrow('appData must be at most 65536 bytes long')
  })

  it('is bounded for every list', () => {
    const many = <T>(item: T): readonly T[] => Array.from({ length: limits.listLength + 1 }, () => item)
    const { outcome } = state
    const { assets, balances } = outcome
    const lock = { channelId: state.channelId, balances: [1n], indexMap: [0, 1] }
    const tooLong: readonly unknown[] = [
      { params, state, sigs: many(sigs[0]) },
      { params: { ...params, participants: many(params.participants[0]) }, state, sigs },
      { params, state: { ...state, outcome: { ...outcome, assets: many(assets[0]) } }, sigs },
      { params, state: { ...state, outcome: { ...outcome, backends: many(1n) } }, sigs },
      { params, state: { ...state, outcome: { ...outcome, balances: many(balances[0]) } }, sigs },
      { params, state: { ...state, outcome: { ...outcome, balances: [many(1n)] } }, sigs },
      { params, state: { ...state, outcome: { ...outcome, locked: many(lock) } }, sigs },
      { params, state: { ...state, outcome: { ...outcome, locked: [{ ...lock, balances: many(1n) }] } }, sigs },
      { params, state: { ...state, outcome: { ...outcome, locked: [{ ...lock, indexMap: many(0) }] } }, sigs },
    ]
    for (const signed of tooLong) expect(() => parseSignedState(signed)).toThrow('length must be at most 1024')
  })

  it('is bounded for addresses', () => {
    const address = `0x${'00'.repeat(limits.addressBytes + 1)}`
    const [participant] = params.participants
    const broken = { ...params, participants: [{ ...participant, address }] }
    expect(() => parseSignedState({ params: broken, state, sigs })).toThrow('at most 1024 bytes long')
  })

  it('is bounded for numbers', () => {
    const at = (version: bigint) => parseState({ ...state, version })
    expect(at(2n ** 64n - 1n).version).toBe(2n ** 64n - 1n)
    expect(() => at(2n ** 64n)).toThrow('version must be a bigint within uint64')
    expect(() => at(-1n)).toThrow('STATE_MALFORMED')
    const withNonce = (nonce: bigint) => parseSignedState({ params: { ...params, nonce }, state, sigs })
    expect(withNonce(2n ** 256n - 1n).params.nonce).toBe(2n ** 256n - 1n)
    expect(() => withNonce(2n ** 256n)).toThrow('params.nonce must be a bigint within uint256')
  })
})
