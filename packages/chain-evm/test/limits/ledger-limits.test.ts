import { describe, expect, it } from 'vitest'
import { chainPreset } from '../../src/limits/chain-presets.ts'
import { type LimitOptions, ledgerLimits } from '../../src/limits/ledger-limits.ts'

/** What a program without types hands in. */
const fromJson = (text: string): LimitOptions => JSON.parse(text)

describe('the limits of a ledger', () => {
  it('are those of Ethereum where nothing is said', () => {
    expect(ledgerLimits()).toMatchObject({ bytes: 131_072, work: 16_777_216n })
    expect(ledgerLimits({})).toEqual(ledgerLimits('ethereum'))
  })

  it.each([
    [1n, 131_072],
    [10n, 131_072],
    [42_161n, 95_000],
    [421_614n, 95_000],
    [123_456n, 131_072],
  ])('are those that are usual on chain %d where nothing is said', (chainId, bytes) => {
    expect(ledgerLimits(undefined, chainPreset(chainId)).bytes).toBe(bytes)
    expect(ledgerLimits({ channels: 7 }, chainPreset(chainId))).toMatchObject({ bytes, channels: 7 })
    expect(ledgerLimits('arbitrum', chainPreset(chainId)).bytes).toBe(95_000)
  })

  it('are those of a kind of chain, with what is different', () => {
    expect(ledgerLimits('arbitrum').bytes).toBe(95_000)
    expect(ledgerLimits({ preset: 'arbitrum', work: 5_000_000n, channels: 7 })).toMatchObject({
      bytes: 95_000,
      work: 5_000_000n,
      channels: 7,
    })
  })

  it.each<[LimitOptions, RegExp]>([
    [fromJson('"solana"'), /limits must be one of ethereum, optimism, arbitrum.*\n.*Got "solana"/],
    [{ bytes: 0 }, /limits\.bytes must be a whole number from 4096 to .*\n.*Got 0/],
    [{ bytes: 131_072.5 }, /limits\.bytes must be a whole number/],
    [{ work: 21_000n }, /limits\.work must be a whole number from 200000 to .*\n.*Got 21000/],
    [fromJson('{"work":16777216}'), /limits\.work must be a bigint/],
    [{ channels: 0 }, /limits\.channels must be a whole number from 1 to 163/],
    [{ channels: 164 }, /limits\.channels must be a whole number from 1 to 163/],
  ])('are refused as %o, by name and with what is allowed', (options, message) => {
    expect(() => ledgerLimits(options)).toThrow(message)
  })
})
