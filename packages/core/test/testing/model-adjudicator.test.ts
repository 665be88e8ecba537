import { describe, expect, it } from 'vitest'
import { ModelRevert, testChannel } from '../../src/testing/index.ts'
import { contract } from '../support/contract.ts'

/** The latest end of a window that the contract can note. */
const lastTimeout = 2n ** 64n - 1n
const overflows = new ModelRevert('panic: arithmetic underflow or overflow (0x11)')

describe('the model of the adjudicator', () => {
  it('refuses a state whose window would end later than a number of 64 bits can say', () => {
    const { id, signed } = testChannel({ duration: lastTimeout })
    const { disputes } = contract.register(new Map(), signed(1n), [], 0n)
    expect(disputes.get(id)?.timeout).toBe(lastTimeout)
    expect(() => contract.register(new Map(), signed(1n), [], 1n)).toThrow(overflows)
  })

  it('refuses to conclude where the time for moves of the app would end later than that', () => {
    const { params, signed } = testChannel({ duration: 2n ** 63n, hasApp: true })
    const { state } = signed(1n)
    const { disputes } = contract.register(new Map(), signed(1n), [], 0n)
    expect(() => contract.conclude(disputes, { params, state }, [], lastTimeout)).toThrow(overflows)
  })
})
