import { stateBytes } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { v1 } from '../../src/codec/v1.ts'
import { anyState } from './samples.ts'

describe("core's size of a state", () => {
  it('is the length of its encoding, without the word that says where it begins', () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(stateBytes({ state, sigs: [] })).toBe(v1.encodeState(state).length - 32)
      }),
    )
  })
})
