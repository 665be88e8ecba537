import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, parseBytes } from '@perun-watcher/core'
import { loadVectors } from '@perun-watcher/devnet'
import { describe, expect, it } from 'vitest'
import { channelId, paramsFromAbi, stateFromAbi, stateHash, v1 } from '../../src/internal.ts'
import { l1, l2, sampleKeyBytes, sub } from './samples.ts'
import { signAll } from './sign.ts'

const vectors = loadVectors()
const size = (hex: Hex): number => (hex.length - 2) / 2
const keccak = (hex: Hex): string => `0x${Buffer.from(keccak_256(Buffer.from(hex.slice(2), 'hex'))).toString('hex')}`

describe('what the adjudicator answered', () => {
  it('has the same channel ids', () => {
    expect(vectors.channelIds.length).toBeGreaterThan(0)
    for (const { params, channelID } of vectors.channelIds) {
      expect(channelId(paramsFromAbi(params))).toBe(channelID)
    }
  })

  it('has the same state hashes of encodings of the same length', () => {
    expect(vectors.stateHashes.length).toBeGreaterThan(0)
    for (const vector of vectors.stateHashes) {
      const state = stateFromAbi(vector.state)
      expect(v1.encodeState(state).length).toBe(vector.encodedLength)
      expect(stateHash(state)).toBe(vector.stateHash)
    }
  })

  it.each([
    ['a ledger channel', l1],
    ['a sub-channel', sub],
    ['a channel that locks it and has an app', l2],
  ])('has the same hashes of %s', (_, { params, state, stateHash: expected }) => {
    expect(channelId(params)).toBe(state.channelId)
    expect(stateHash(state)).toBe(expected)
  })

  it('has another id for an empty cross-chain address', () => {
    const participants = l1.params.participants.map(({ address }) => ({ address, crossChainAddress: parseBytes('0x') }))
    expect(channelId({ ...l1.params, participants })).toBe(
      '0x9eb795c02b1a92869316e70bc67cf8eb667ee75452bd813f1d05f2527cb776ce',
    )
  })

  it('has encodings of the known lengths', () => {
    expect(v1.encodeParams(l1.params).length).toBe(576)
    expect(v1.encodeState(l1.state).length).toBe(832)
    expect(v1.encodeState(l2.state).length).toBe(832 + 288 + 32)
  })

  it('has the same calls of register', () => {
    const signed = signAll(sampleKeyBytes, l1.params, l1.state)
    expect(signed.sigs[0]).toBe(
      '0x37196bdb8e568c2f320b6f88de4e4878efa1f5603b24d6d1dfd252b053674f6631f1f01f79707f01478cd104019184c27c7a52b34e81285cc25d999dd947b50d1c',
    )
    const alone = v1.encodeRegister(signed, [])
    expect(size(alone)).toBe(1892)
    expect(keccak(alone)).toBe('0xba5c2e669de3916bf9febff7561474a4afd15fb2c85ec9a8e80c81a5d5d88767')

    const parent = signAll(sampleKeyBytes, l2.params, l2.state)
    const tree = v1.encodeRegister(parent, [signAll(sampleKeyBytes, sub.params, sub.state)])
    expect(size(tree)).toBe(4036)
    expect(keccak(tree)).toBe('0xe4a49be5a4f868594f9f31dbc8ffd391b4eedb300586b8459cb235fddc276381')
  })
})
