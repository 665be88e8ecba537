import { describe, expect, test } from 'vitest'
import { addressOf, channelId } from '../src/codec.ts'
import { devKey } from '../src/keys.ts'
import { lock, subAlloc } from '../src/lock.ts'
import { NO_CC, type State, type SubAlloc } from '../src/model.ts'
import { decodeRevert } from '../src/revert.ts'
import { loadVectors } from '../src/vectors.ts'

function state(id: string, balances: readonly (readonly bigint[])[], locked: readonly SubAlloc[] = []): State {
  const assets = balances.map(() => ({ chainID: 1n, ethHolder: addressOf(devKey(0)), ccHolder: NO_CC }))
  const outcome = { assets, backends: balances.map(() => 1n), balances, locked }
  return { channelID: `0x${id.repeat(32)}`, version: 3n, outcome, appData: '0x', isFinal: false }
}

describe('lock', () => {
  const parent = state('aa', [
    [10n, 20n],
    [5n, 5n],
  ])
  const sub = state('bb', [
    [1n, 2n],
    [5n, 0n],
  ])

  test('moves each stake into the lock, summed per asset, and counts the version up', () => {
    expect(lock(parent, sub)).toMatchObject({
      version: 4n,
      outcome: {
        balances: [
          [9n, 18n],
          [0n, 5n],
        ],
        locked: [{ ID: sub.channelID, balances: [3n, 5n], indexMap: [0, 1] }],
      },
    })
  })

  test('follows the index map, also where one owner stands for several participants', () => {
    expect(lock(parent, sub, { indexMap: [1, 0], version: 9n })).toMatchObject({
      version: 9n,
      outcome: {
        balances: [
          [8n, 19n],
          [5n, 0n],
        ],
      },
    })
    expect(lock(parent, sub, { indexMap: [1, 1] }).outcome.balances[0]).toEqual([10n, 17n])
  })

  test('adds to what is locked already', () => {
    expect(lock(lock(parent, sub), { ...sub, channelID: NO_CC, outcome: state('', [[1n, 1n]]).outcome })).toMatchObject(
      {
        outcome: { locked: [{ balances: [3n, 5n] }, { ID: NO_CC, balances: [2n] }] },
      },
    )
  })

  test('refuses a stake that nobody owns, and a sub-channel whose own locks say not whose', () => {
    expect(() => lock(parent, state('bb', [[11n, 0n]]))).toThrow(/Participant 0 owns 10/)
    expect(() => lock(parent, lock(sub, state('cc', [[1n, 1n]])))).toThrow(/subAlloc/)
  })

  test('an entry counts what the sub-channel locks itself', () => {
    expect(subAlloc(lock(sub, state('cc', [[1n, 1n]]))).balances).toEqual([3n, 5n])
  })
})

describe('decodeRevert', () => {
  const text =
    '0x08c379a000000000000000000000000000000000000000000000000000000000000000200000000000000000000000000000000000000000000000000000000000000002686900000000000000000000000000000000000000000000000000000000000000'
  test.each([
    ['0x', 'without a reason'],
    ['0x12', 'with 0x12'],
    ['0x1234567890', 'with 0x1234567890'],
    ['0x08c379a0', 'with 0x08c379a0'],
    [`0x4e487b71${'11'.padStart(64, '0')}`, 'panic: arithmetic underflow or overflow (0x11)'],
    [`0x4e487b71${'99'.padStart(64, '0')}`, 'panic: unknown (0x99)'],
    [text, 'hi'],
  ] as const)('%s', (data, expected) => {
    expect(decodeRevert(data)).toBe(expected)
  })
})

test('the well-known accounts are anvil’s', () => {
  expect(addressOf(devKey(0))).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  expect(addressOf(devKey(9))).toBe('0xa0Ee7A142d267C1f36714E4a8F75612F20a79720')
})

test('the recording is complete', () => {
  const { channelIds, stateHashes, signatures, scenarios, keys } = loadVectors()
  const sizes = [channelIds, stateHashes, signatures, scenarios, keys].map(({ length }) => length)
  expect(sizes).toEqual([24, 24, 23, 50, 6])
  expect(scenarios.flatMap(({ steps }) => steps).length).toBe(180)
  // Empty participants are a channel too, as far as its id goes.
  expect(channelIds.every(({ params, channelID }) => channelId(params) === channelID)).toBe(true)
})
