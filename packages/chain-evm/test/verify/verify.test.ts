import {
  type HeldState,
  isWatcherError,
  parseBytes,
  parseSignature,
  parseStateHash,
  type Signature,
  type SignedState,
} from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { verifySignedState } from '../../src/internal.ts'
import { channelBackend } from '../../src/verify/channel-backend.ts'
import { javascriptEngine, loadNativeEngine } from '../../src/verify/signer-recovery-engine.ts'
import { isCanonicalSignature } from '../../src/verify/verify-signed-state.ts'
import { l1, l2, sampleKeyBytes, sub } from '../codec/samples.ts'
import { keyOf, sign, signAll, signDigest } from '../codec/sign.ts'
import { compact, curveOrder, cut, extend, flipBit, made, withHighS, withPlainParity, withV } from './forms.ts'

const signed = signAll(sampleKeyBytes, l1.params, l1.state)
const held: HeldState = { state: signed.state, sigs: signed.sigs, hash: parseStateHash(l1.stateHash) }
const [first, second] = signed.sigs
if (!first || !second) throw new Error('two participants sign')

const engines = [javascriptEngine, ...[loadNativeEngine()].filter((engine) => engine !== undefined)]

function withSecond(signature: Signature): SignedState {
  return { ...signed, sigs: [first ?? signature, signature] }
}

function refusalOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isWatcherError(error)) return [error.code, error.shortMessage, ...error.details].join('\n')
    throw error
  }
  return 'accepted'
}

describe.each(engines)('verifying with the $name engine', (engine) => {
  const verify = (value: SignedState): HeldState => verifySignedState(value, undefined, engine)

  it.each([
    ['a ledger channel', l1],
    ['a sub-channel', sub],
    ['a channel that locks funds', l2],
  ])('passes %s as it is, and tells its hash', (_, { params, state, stateHash }) => {
    const { sigs } = signAll(sampleKeyBytes, params, state)
    expect(verify({ params, state, sigs })).toEqual({ state, sigs, hash: stateHash })
  })

  it('passes compact signatures as they are', () => {
    const value = withSecond(compact(second))
    expect(verify(value)).toEqual({ ...held, sigs: value.sigs })
    expect(isCanonicalSignature(compact(second))).toBe(true)
  })

  it.each<[string, Signature]>([
    ['v 0 or 1', withPlainParity(second)],
    ['a high s', withHighS(second)],
    ['both', withPlainParity(withHighS(second))],
  ])('makes canonical what has %s', (_, signature) => {
    expect(isCanonicalSignature(signature)).toBe(false)
    expect(verify(withSecond(signature))).toEqual(held)
  })

  it.each<[string, Signature]>([
    ['no bytes', parseSignature('0x')],
    ['63 bytes', cut(second, 63)],
    ['64 bytes that lack v', cut(withHighS(second), 64)],
    ['66 bytes', extend(second)],
    ['66 bytes that end like a signature', parseSignature(`${second.slice(0, -2)}00${second.slice(-2)}`)],
    ['v 2', withV(second, 2)],
    ['v 26', withV(second, 26)],
    ['v 29', withV(second, 29)],
    ['v 37, as transactions of chain 1 have it', withV(second, 37)],
    ['the other v', withV(second, (Number.parseInt(second.slice(-2), 16) - 27) ^ 1)],
    ['a changed r', flipBit(second, 77)],
    ['a changed s', flipBit(second, 500)],
    ['r 0', made(0n, 1n, 27)],
    ['s 0', made(1n, 0n, 27)],
    ['s as large as the order', made(1n, curveOrder, 27)],
    ['s beyond the order', made(1n, 2n ** 256n - 1n, 28)],
    ['r as large as the order', made(curveOrder, 1n, 27)],
    ['zeros only', made(0n, 0n, 0)],
    ['the signature of another participant', first],
    ['the signature of a stranger', sign(keyOf(9), l1.state)],
    ['a signature of another state', sign(keyOf(2), { ...l1.state, version: 6n })],
    ['a signature of the hash without the prefix', signDigest(keyOf(2), Buffer.from(l1.stateHash.slice(2), 'hex'))],
  ])('refuses %s, naming participant and address', (_, signature) => {
    const refusal = refusalOf(() => verify(withSecond(signature)))
    expect(refusal).toContain('SIGNATURE_INVALID')
    expect(refusal).toContain(`Participant 1 is ${l1.params.participants[1]?.address}.`)
  })

  it('names the first participant whose signature fails', () => {
    expect(refusalOf(() => verify({ ...signed, sigs: [second, first] }))).toContain('Participant 0 is')
  })

  it.each([0, 1, 3])('refuses %i signatures of two participants', (count) => {
    const sigs = [first, second, first].slice(0, count)
    expect(refusalOf(() => verify({ ...signed, sigs }))).toContain('SIGNATURE_COUNT')
  })

  it('refuses parameters of another channel before it looks at signatures', () => {
    const params = { ...l1.params, nonce: l1.params.nonce + 1n }
    expect(refusalOf(() => verify({ ...signed, params, sigs: [] }))).toContain('CHANNEL_ID_MISMATCH')
  })

  it('refuses an address that is not 20 bytes long', () => {
    const participants = l1.params.participants.map((participant) => ({ ...participant, address: parseBytes('0x01') }))
    expect(refusalOf(() => verify({ ...signed, params: { ...l1.params, participants } }))).toContain('STATE_MALFORMED')
  })
})

describe('the form that the contract takes', () => {
  const half = curveOrder / 2n

  it('has an s of at most half the order, compact or not', () => {
    expect(isCanonicalSignature(made(1n, half, 27))).toBe(true)
    expect(isCanonicalSignature(made(1n, half + 1n, 27))).toBe(false)
    expect(isCanonicalSignature(compact(made(1n, half, 28)))).toBe(true)
    expect(isCanonicalSignature(compact(made(1n, half + 1n, 28)))).toBe(false)
  })

  it('is told by every bit of s', () => {
    for (let step = 1n; step < half; step *= 2n) {
      expect(isCanonicalSignature(made(1n, half - step, 27))).toBe(true)
      expect(isCanonicalSignature(made(1n, half + step, 28))).toBe(false)
    }
  })
})

describe('the channel backend', () => {
  it('offers the rules of generation v1', async () => {
    const backend = channelBackend()
    expect(backend.channelId(l2.params)).toBe(l2.state.channelId)
    expect(backend.stateHash(l2.state)).toBe(l2.stateHash)
    expect(await backend.verify(withSecond(withHighS(second)))).toEqual(held)
  })
})
