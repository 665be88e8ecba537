import { describe, expect, it } from 'vitest'
import { stateBytes } from '../../src/adapter.ts'
import { parseBytes, type State } from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'

const channel = testChannel()
const signed = channel.signed(1n)
const { state } = signed
const appData = (bytes: number): State => ({ ...state, appData: parseBytes(`0x${'ab'.repeat(bytes)}`) })

describe('the size of a state', () => {
  it('grows by whole words with its app data, and byte by byte with its signatures', () => {
    const empty = stateBytes({ state, sigs: [] })
    expect(stateBytes({ state: appData(1), sigs: [] })).toBe(empty + 32)
    expect(stateBytes({ state: appData(33), sigs: [] })).toBe(empty + 64)
    expect(stateBytes(signed)).toBe(empty + signed.sigs.reduce((sum, sig) => sum + (sig.length - 2) / 2, 0))
  })

  it('counts what a state says of other ledgers', () => {
    const [asset] = state.outcome.assets
    if (asset === undefined) throw new Error('there is one')
    const far = { ...asset, crossChainHolder: parseBytes(`0x${'cc'.repeat(1_000)}`) }
    const outcome = { ...state.outcome, assets: [far] }
    expect(stateBytes({ state: { ...state, outcome }, sigs: [] })).toBe(stateBytes({ state, sigs: [] }) + 1_024)
  })
})
