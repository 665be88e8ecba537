import { type SignedState, type State, subAlloc } from '@perun-watcher/devnet'
import { expect, test } from 'vitest'
import { outcomeOf } from '../src/outcome.ts'

const asset = { chainID: 1n, ethHolder: `0x${'11'.repeat(20)}`, ccHolder: '0x' } as const

/** @param balances - of one asset after the other. */
function state(id: string, balances: State['outcome']['balances'], locked: State['outcome']['locked'] = []): State {
  const outcome = { assets: balances.map(() => asset), backends: balances.map(() => 1n), balances, locked }
  return { channelID: `0x${id.repeat(32)}`, version: 1n, outcome, appData: '0x', isFinal: false }
}

function signed(of: State): SignedState {
  const params = { challengeDuration: 1n, nonce: 1n, participants: [], app: asset.ethHolder }
  return { params: { ...params, ledgerChannel: true, virtualChannel: false }, state: of, sigs: [] }
}

test('a channel alone: its balances', () => {
  expect(outcomeOf([signed(state('aa', [[1n, 2n]]))])).toEqual([[1n, 2n]])
})

test('a tree of two levels, depth first, with siblings', () => {
  const leaf = state('cc', [[3n, 4n]])
  const middle = state('bb', [[10n, 20n]], [subAlloc(leaf)])
  const sibling = state('dd', [[500n, 600n]])
  const root = state('aa', [[1000n, 2000n]], [subAlloc(middle), subAlloc(sibling)])
  expect(outcomeOf([signed(root), ...[middle, leaf, sibling].map(signed)])).toEqual([[1513n, 2624n]])
})

test('index maps say whose money it is', () => {
  const virtual = state('bb', [[3n, 4n]])
  const root = state('aa', [[10n, 20n]], [subAlloc(virtual, [1, 0])])
  expect(outcomeOf([signed(root), signed(virtual)])).toEqual([[14n, 23n]])
})

test('each asset for itself', () => {
  const virtual = state('bb', [
    [3n, 4n],
    [500n, 0n],
  ])
  const balances = [
    [10n, 20n],
    [1000n, 2000n],
  ]
  const root = state('aa', balances, [subAlloc(virtual, [1, 0])])
  expect(outcomeOf([signed(root), signed(virtual)])).toEqual([
    [14n, 23n],
    [1000n, 2500n],
  ])
})
