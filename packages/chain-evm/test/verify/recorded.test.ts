import { isDeepStrictEqual } from 'node:util'
import { isWatcherError, type SignedState } from '@perun-watcher/core'
import { loadVectors } from '@perun-watcher/devnet'
import { describe, expect, it } from 'vitest'
import { signedStateFromAbi } from '../../src/index.ts'
import { verifySignedState } from '../../src/internal.ts'
import { isCanonicalSignature } from '../../src/verify/verify-signed-state.ts'

const cases = loadVectors().signatures

/** The state as it came out of the check. */
function tryVerify(signed: SignedState): SignedState | string {
  try {
    const { state, sigs } = verifySignedState(signed)
    return { params: signed.params, state, sigs }
  } catch (error) {
    if (isWatcherError(error)) return error.code
    throw error
  }
}

describe('what the adjudicator said to signatures', () => {
  it.each(cases)('$name: it takes exactly those that pass unchanged', ({ accepted, ...abi }) => {
    const signed = signedStateFromAbi(abi)
    expect(isDeepStrictEqual(tryVerify(signed), signed)).toBe(accepted)
    if (accepted) expect(signed.sigs.every(isCanonicalSignature)).toBe(true)
  })

  it('lets only what differs in form pass changed, and names why others fail', () => {
    const outcomes = cases.map(({ name, accepted, ...abi }) => {
      const signed = signedStateFromAbi(abi)
      const result = tryVerify(signed)
      if (typeof result === 'string') return [name, result]
      return [name, isDeepStrictEqual(result, signed) ? 'unchanged' : 'made canonical']
    })
    expect(outcomes.filter(([, result]) => result !== 'unchanged')).toEqual([
      ['v 0/1 (participant 0)', 'made canonical'],
      ['v 0/1 (participant 1)', 'made canonical'],
      ['high s (participant 0)', 'made canonical'],
      ['high s (participant 1)', 'made canonical'],
      ['66 bytes (participant 0)', 'SIGNATURE_INVALID'],
      ['66 bytes (participant 1)', 'SIGNATURE_INVALID'],
      ['empty (participant 0)', 'SIGNATURE_INVALID'],
      ['empty (participant 1)', 'SIGNATURE_INVALID'],
      ['bit flip (participant 0)', 'SIGNATURE_INVALID'],
      ['bit flip (participant 1)', 'SIGNATURE_INVALID'],
      ['v 29 (participant 0)', 'SIGNATURE_INVALID'],
      ['v 29 (participant 1)', 'SIGNATURE_INVALID'],
      ['signers swapped', 'SIGNATURE_INVALID'],
      ['one signature', 'SIGNATURE_COUNT'],
      ['three signatures', 'SIGNATURE_COUNT'],
      ['stranger signs', 'SIGNATURE_INVALID'],
      ['no signature', 'SIGNATURE_COUNT'],
    ])
  })

  it('made canonical, states pass unchanged', () => {
    for (const { name, accepted, ...abi } of cases) {
      const result = tryVerify(signedStateFromAbi(abi))
      if (typeof result === 'string') continue
      expect(result.sigs.every(isCanonicalSignature), name).toBe(true)
      expect(tryVerify(result), name).toEqual(result)
    }
  })
})
