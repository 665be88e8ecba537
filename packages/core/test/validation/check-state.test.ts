import { describe, expect, it } from 'vitest'
import { checkParams, checkState } from '../../src/adapter.ts'
import { type Allocation, type ErrorCode, isWatcherError, type Params } from '../../src/index.ts'
import { checkIndexMap } from '../../src/internal.ts'
import { testChannel } from '../../src/testing/index.ts'

const ledger = testChannel()
const child = testChannel({ kind: 'sub', funds: 10n })
const { params, state } = ledger.signed(1n, { locks: [child] })

function codeOf(check: () => void): ErrorCode | 'fine' | 'not coded' {
  try {
    check()
    return 'fine'
  } catch (error) {
    return isWatcherError(error) ? error.code : 'not coded'
  }
}

const ofParams = (change: Partial<Params>) => codeOf(() => checkParams({ ...params, ...change }))
const ofOutcome = (change: Partial<Allocation>, channel: Params = params) =>
  codeOf(() => checkState(channel, { ...state, outcome: { ...state.outcome, ...change } }))

describe('checkParams', () => {
  it('takes an ordinary channel, virtual ones included', () => {
    expect(ofParams({})).toBe('fine')
    expect(ofParams({ virtualChannel: true })).toBe('fine')
    expect(ofParams({ app: params.participants[0]?.address })).toBe('fine')
  })

  it('takes challenge durations from one second to what the contract can add to a timestamp', () => {
    expect(ofParams({ challengeDuration: 1n })).toBe('fine')
    expect(ofParams({ challengeDuration: 2n ** 63n - 1n })).toBe('fine')
    for (const challengeDuration of [0n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n + 60n]) {
      expect(ofParams({ challengeDuration })).toBe('CHALLENGE_DURATION_OUT_OF_RANGE')
    }
  })

  it('wants two participants at least', () => {
    expect(ofParams({ participants: [] })).toBe('STATE_DIMENSIONS')
    expect(ofParams({ participants: params.participants.slice(0, 1) })).toBe('STATE_DIMENSIONS')
  })

  it('refuses an app on a virtual channel', () => {
    expect(ofParams({ virtualChannel: true, app: params.participants[0]?.address })).toBe('VIRTUAL_CHANNEL_INVALID')
  })
})

describe('checkState', () => {
  const [asset] = state.outcome.assets
  const [row] = state.outcome.balances
  const [lock] = state.outcome.locked
  if (asset === undefined || row === undefined || lock === undefined) throw new Error('the test state has all three')

  it('takes a state with locks', () => expect(ofOutcome({})).toBe('fine'))

  it('wants an asset, and everything once per asset', () => {
    expect(ofOutcome({ assets: [], backends: [], balances: [], locked: [] })).toBe('STATE_DIMENSIONS')
    expect(ofOutcome({ assets: [asset, asset] })).toBe('STATE_DIMENSIONS')
    expect(ofOutcome({ backends: [] })).toBe('STATE_DIMENSIONS')
    expect(ofOutcome({ balances: [row, row] })).toBe('STATE_DIMENSIONS')
    expect(ofOutcome({ locked: [{ ...lock, balances: [] }] })).toBe('STATE_DIMENSIONS')
  })

  it('wants one balance per participant', () => {
    expect(ofOutcome({ balances: [[1n]] })).toBe('STATE_DIMENSIONS')
    expect(ofOutcome({ balances: [[1n, 2n, 3n]] })).toBe('STATE_DIMENSIONS')
  })

  it('refuses locks on a virtual channel', () => {
    expect(ofOutcome({}, { ...params, virtualChannel: true })).toBe('VIRTUAL_CHANNEL_INVALID')
  })

  it('refuses the same channel twice', () => expect(ofOutcome({ locked: [lock, lock] })).toBe('STATE_DIMENSIONS'))

  it('refuses a map to a participant that the parent lacks', () => {
    expect(ofOutcome({ locked: [{ ...lock, indexMap: [0, 2] }] })).toBe('INDEX_MAP_INVALID')
  })

  it('refuses funds beyond 256 bits, locks included', () => {
    const all = 2n ** 256n - 1n
    expect(ofOutcome({ balances: [[all - lock.balances.reduce((a, b) => a + b, 0n), 0n]] })).toBe('fine')
    expect(ofOutcome({ balances: [[all, 1n]], locked: [] })).toBe('STATE_DIMENSIONS')
    expect(ofOutcome({ balances: [[all, 0n]] })).toBe('STATE_DIMENSIONS')
  })

  it('wants one map entry per participant of the locked channel', () => {
    expect(codeOf(() => checkIndexMap(lock, 2))).toBe('fine')
    expect(codeOf(() => checkIndexMap(lock, 1))).toBe('INDEX_MAP_INVALID')
    expect(codeOf(() => checkIndexMap(lock, 3))).toBe('INDEX_MAP_INVALID')
  })
})
