import { type Hex, parseBytes, parseChannelId, type SignedState } from '@perun-watcher/core'
import * as devnet from '@perun-watcher/devnet'
import fc from 'fast-check'
import * as AbiParameters from 'ox/AbiParameters'
import { describe, expect, it } from 'vitest'
import { newBudget } from '../../src/codec/call-reader.ts'
import { toHex } from '../../src/codec/hex.ts'
import { paramsToAbi, signedStateToAbi } from '../../src/codec/to-abi.ts'
import { v1Selectors, v1Types } from '../../src/codec/v1-abi.ts'
import { channelId, stateHash, stateToAbi, v1 } from '../../src/internal.ts'
import { anySignedState, anyState } from './samples.ts'

const manySubs = fc.array(anySignedState, { maxLength: 3 })
const few = { numRuns: 60 }

/** All decoders at once: none may throw, whatever it is given. */
function decodeAll(call: Hex): readonly unknown[] {
  return [v1.decodeRegister(call), v1.decodeConcludeFinal(call), v1.decodeProgress(call)]
}

/** How long one signed state is inside a call. */
function entryDigits(signed: SignedState): number {
  const digits = (subs: readonly SignedState[]): number => v1.encodeRegister(signed, subs).length
  // One more entry adds its head and itself.
  return digits([signed]) - digits([]) - 64
}

/** What the contract takes: for each lock the next entry. */
function consumed(signed: SignedState, subs: readonly SignedState[]): readonly SignedState[] {
  const taken = [signed]
  for (let missing = signed.state.outcome.locked.length; missing > 0; missing--) {
    const next = subs[taken.length - 1]
    if (next === undefined) break
    taken.push(next)
    missing += next.state.outcome.locked.length
  }
  return taken
}

describe('encoding', () => {
  it('equals that of an independent encoder', () => {
    fc.assert(
      fc.property(anySignedState, manySubs, (signed, subs) => {
        const abi = signedStateToAbi(signed)
        expect(channelId(signed.params)).toBe(devnet.channelId(abi.params))
        expect(toHex(v1.encodeState(signed.state))).toBe(devnet.encodeState(abi.state))
        expect(stateHash(signed.state)).toBe(devnet.stateHash(abi.state))
        expect(v1.encodeRegister(signed, subs)).toBe(devnet.registerInput(abi, subs.map(signedStateToAbi)))
      }),
      few,
    )
  })

  it('comes back from a call of register', () => {
    fc.assert(
      fc.property(anySignedState, manySubs, (signed, subs) => {
        expect(v1.decodeRegister(v1.encodeRegister(signed, subs))).toEqual(consumed(signed, subs))
      }),
      few,
    )
  })

  it('comes back from a call of concludeFinal', () => {
    fc.assert(
      fc.property(anySignedState, (signed) => {
        expect(v1.decodeConcludeFinal(v1.encodeConcludeFinal(signed))).toEqual(signed)
      }),
      few,
    )
  })

  it('comes back from a call of progress', () => {
    fc.assert(
      fc.property(anySignedState, anyState, fc.bigInt({ min: 0n, max: 9n }), (signed, stateOld, actorIndex) => {
        const { params, state, sigs } = signed
        const [sig] = sigs
        if (sig === undefined) return
        const values = [paramsToAbi(params), stateToAbi(stateOld), stateToAbi(state), actorIndex, sig] as const
        const encoded = AbiParameters.encode(v1Types.progress, values)
        const call: Hex = `${v1Selectors.progress}${encoded.slice(2)}`
        expect(v1.decodeProgress(call)).toEqual({ params, stateOld, state, actorIndex, sig })
      }),
      few,
    )
  })
})

describe('decoding of hostile calls', () => {
  const selectors = fc.constantFrom(v1Selectors.register, v1Selectors.concludeFinal, v1Selectors.progress)

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string(), selectors, (text, selector) => {
        expect(decodeAll(`0x${text}`)).toHaveLength(3)
        expect(decodeAll(`${selector}${text}`)).toHaveLength(3)
      }),
    )
  })

  it('survives any bytes behind a selector', () => {
    // Words that are small or huge: these are taken for lengths and offsets.
    const word = fc.oneof(
      fc.nat(40).map((n) => n * 32),
      fc.constantFrom(0, 1, 31, 33, 2 ** 31, 2 ** 47),
    )
    const huge = fc.constantFrom('f'.repeat(64), '7'.padEnd(64, 'f'), '1'.padStart(48, '0').padEnd(64, '0'))
    const words = fc.array(
      fc.oneof(
        word.map((n) => n.toString(16).padStart(64, '0')),
        huge,
      ),
      { maxLength: 120 },
    )
    fc.assert(
      fc.property(selectors, words, (selector, parts) => {
        expect(decodeAll(`${selector}${parts.join('')}`)).toHaveLength(3)
      }),
      { numRuns: 500 },
    )
  })

  it('survives valid calls in which bytes were changed or cut off', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(anySignedState, manySubs, changes, fc.nat(), (signed, subs, mutations, cut) => {
        for (const call of [v1.encodeRegister(signed, subs), v1.encodeConcludeFinal(signed)]) {
          const bytes = Buffer.from(call.slice(2), 'hex')
          for (const [position, value] of mutations) bytes[4 + (position % (bytes.length - 4))] = value
          expect(decodeAll(`0x${bytes.toString('hex')}`)).toHaveLength(3)
          expect(decodeAll(`0x${bytes.subarray(0, 4 + (cut % bytes.length)).toString('hex')}`)).toHaveLength(3)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('takes what is well encoded and larger than core takes for no call at all', () => {
    const longer = parseBytes(`0x${'ab'.repeat(1_025)}`)
    fc.assert(
      fc.property(anySignedState, ({ params, state, sigs }) => {
        const [first] = params.participants
        if (first === undefined) return
        const signed = { params: { ...params, participants: [{ ...first, crossChainAddress: longer }] }, state, sigs }
        const values = [paramsToAbi(signed.params), stateToAbi(state), stateToAbi(state), 0n, '0x00'] as const
        const progress: Hex = `${v1Selectors.progress}${AbiParameters.encode(v1Types.progress, values).slice(2)}`
        for (const call of [v1.encodeConcludeFinal(signed), progress]) {
          expect(decodeAll(call)).toEqual([undefined, undefined, undefined])
        }
      }),
      few,
    )
  })

  it('ignores what follows the arguments', () => {
    fc.assert(
      fc.property(anySignedState, fc.uint8Array({ maxLength: 70 }), (signed, rest) => {
        const call: Hex = `${v1.encodeRegister(signed, [])}${Buffer.from(rest).toString('hex')}`
        expect(v1.decodeRegister(call)).toEqual([signed])
      }),
      few,
    )
  })

  it('gives up when a few bytes unfold into too much', () => {
    // Every item of the list is the same 100 kB.
    const items = 1000
    const word = (n: number): string => n.toString(16).padStart(64, '0')
    const large = `${word(100_000)}${'ab'.repeat(100_000)}`
    const sigs = `${word(items)}${word(items * 32).repeat(items)}${large}`
    const [state] = fc.sample(anySignedState, { numRuns: 1, seed: 1 })
    if (state === undefined) throw new Error('no sample')
    const valid = v1.encodeConcludeFinal(state).slice(10)
    // The third head is the offset of the signatures: let it point behind the valid call.
    const call: Hex = `${v1Selectors.concludeFinal}${valid.slice(0, 128)}${word(valid.length / 2)}${valid.slice(192)}${sigs}`
    const budget = newBudget(1_000_000)
    expect(v1.decodeConcludeFinal(call, budget)).toBeUndefined()
    expect(budget.remaining).toBeLessThan(0)
    expect(budget.remaining).toBeGreaterThan(-200_000)
  })

  it('D5a: reads what is locked, and not what a list holds besides, however long and however often it names it', () => {
    const [any] = fc.sample(anySignedState, { numRuns: 1, seed: 1 })
    if (any === undefined) throw new Error('no sample')
    const { outcome } = any.state
    const channelId = parseChannelId(`0x${'0d'.repeat(32)}`)
    const locking = (count: number): SignedState => {
      const locked = Array.from({ length: count }, () => ({ channelId, balances: [], indexMap: [] }))
      return { ...any, state: { ...any.state, outcome: { ...outcome, locked } } }
    }
    const [root, leaf] = [locking(3), locking(0)]
    const word = (n: number): string => n.toString(16).padStart(64, '0')
    const body = (signed: SignedState): string => {
      const list = v1.encodeRegister(signed, [signed]).slice(10 + 2 * 64)
      return list.slice(list.length - entryDigits(signed))
    }
    // The entries' heads are counted from behind the length: all point to the one entry behind them.
    const items = 5_000
    const entries = `${word(items)}${word(items * 32).repeat(items)}${body(leaf)}`
    const channel = body(root)
    const call: Hex = `${v1Selectors.register}${word(64)}${word(64 + channel.length / 2)}${channel}${entries}`
    const budget = newBudget(1_000_000)
    expect(v1.decodeRegister(call, budget)).toEqual([root, leaf, leaf, leaf])
    expect(1_000_000 - budget.remaining).toBeLessThan((channel.length + body(leaf).length) * 2)
  })

  it('refuses what Solidity refuses: stray bits beside an address, text that is no hexadecimal', () => {
    const [signed] = fc.sample(anySignedState, { numRuns: 1, seed: 1 })
    if (signed === undefined) throw new Error('no sample')
    const call = v1.encodeConcludeFinal(signed)
    const app = call.indexOf((signed.params.app ?? `0x${'00'.repeat(20)}`).slice(2), 10)
    const stray: Hex = `0x${call.slice(2, app - 1)}1${call.slice(app)}`
    expect(v1.decodeConcludeFinal(call)).toEqual(signed)
    expect(v1.decodeConcludeFinal(stray)).toBeUndefined()
    expect(v1.decodeConcludeFinal(`${call}zz`)).toBeUndefined()
    expect(v1.decodeConcludeFinal(`${call}0`)).toBeUndefined()
  })
})
