import { isDeepStrictEqual } from 'node:util'
import { isWatcherError, type SignedState } from '@perun-watcher/core'
import { loadVectors, type SignatureCase } from '@perun-watcher/devnet'
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

function outcomeOf(signed: SignedState): string {
  const result = tryVerify(signed)
  if (typeof result === 'string') return result
  return isDeepStrictEqual(result, signed) ? 'unchanged' : 'made canonical'
}

/** Signatures that are valid but in a form that the contract refuses. */
const otherForm = /^(?:v 0\/1|high s) /

/** What follows from a recording, whichever there are. */
function expectedOf({ accepted, name, sigs, params }: SignatureCase): string {
  if (accepted) return 'unchanged'
  if (otherForm.test(name)) return 'made canonical'
  return sigs.length === params.participants.length ? 'SIGNATURE_INVALID' : 'SIGNATURE_COUNT'
}

describe('what the adjudicator said to signatures', () => {
  it.each(cases)('$name: it takes exactly those that pass unchanged', ({ accepted, ...abi }) => {
    const signed = signedStateFromAbi(abi)
    expect(isDeepStrictEqual(tryVerify(signed), signed)).toBe(accepted)
    if (accepted) expect(signed.sigs.every(isCanonicalSignature)).toBe(true)
  })

  it.each(cases)('$name: only what differs in form is made canonical, and what fails has a reason', (recorded) => {
    const { accepted: _accepted, name: _name, ...abi } = recorded
    expect(outcomeOf(signedStateFromAbi(abi))).toBe(expectedOf(recorded))
  })

  it('was recorded for every outcome', () => {
    const outcomes = ['unchanged', 'made canonical', 'SIGNATURE_COUNT', 'SIGNATURE_INVALID']
    expect(new Set(cases.map(expectedOf))).toEqual(new Set(outcomes))
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
