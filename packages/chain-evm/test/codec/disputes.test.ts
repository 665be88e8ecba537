import { type Hex, hasCode } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { v1 } from '../../src/internal.ts'
import { l1 } from './samples.ts'

const word = (n: bigint): string => n.toString(16).padStart(64, '0')
const hash = 'ab'.repeat(32)

function answer(
  changes: Partial<Record<'timeout' | 'version' | 'phase' | 'hasApp', bigint>> = {},
  stateHash = hash,
): Hex {
  const { timeout = 1_700_000_000n, version = 7n, phase = 0n, hasApp = 0n } = changes
  return `0x${[timeout, 3600n, version, phase].map(word).join('')}${stateHash}${word(hasApp)}`
}

function codeOf(run: () => unknown): string {
  try {
    run()
    return 'nothing thrown'
  } catch (error) {
    return hasCode(error, 'CHAIN_DATA_INVALID') ? error.code : String(error)
  }
}

describe('disputes()', () => {
  it('is called with the channel id', () => {
    expect(v1.encodeDisputes(l1.state.channelId)).toBe(`0x11be1997${l1.state.channelId.slice(2)}`)
  })

  it.each([
    [0n, 'dispute'],
    [1n, 'forceExec'],
    [2n, 'concluded'],
  ])('reads phase %i as %s', (phase, name) => {
    expect(v1.decodeDisputes(answer({ phase, hasApp: 1n }), 12n)).toEqual({
      version: 7n,
      phase: name,
      timeout: 1_700_000_000n,
      stateHash: `0x${hash}`,
      blockNumber: 12n,
    })
  })

  it('reads a zero state hash as never registered', () => {
    expect(v1.decodeDisputes(`0x${'00'.repeat(192)}`, 12n)).toBeUndefined()
  })

  it.each<[string, Hex]>([
    ['an unknown phase', answer({ phase: 3n })],
    ['a phase beyond a byte', answer({ phase: 256n })],
    ['a version beyond 64 bits', answer({ version: 2n ** 64n })],
    ['a timeout beyond 64 bits', answer({ timeout: 2n ** 255n })],
    ['a flag that is neither 0 nor 1', answer({ hasApp: 2n })],
    ['no answer, as of an account without code', '0x'],
    ['too few bytes', `0x${answer().slice(2, -2)}`],
    ['too many bytes', `${answer()}00`],
    ['an answer followed by no hexadecimal digits', `${answer()}zz`],
    ['no hexadecimal digits', `0x${'zz'.repeat(192)}`],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => v1.decodeDisputes(text, 12n))).toBe('CHAIN_DATA_INVALID')
  })
})
