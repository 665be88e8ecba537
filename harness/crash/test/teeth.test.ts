import { describe, expect, it } from 'vitest'
import { type CrashOptions, runCrash } from '../src/run/run-crash.ts'
import type { FamilyScript } from '../src/script/family-script.ts'

/** Enough for any of them; the first violation ends a run. */
const kills = 200

/** An old state is registered while the watcher is dead, and no client ever comes back. */
const unseen = (number: number): FamilyScript => ({
  number,
  hasSub: false,
  locksFirst: false,
  before: [{ member: 'root', share: 300_000 }],
  cheats: [{ root: 0, sub: 0, isHidden: false, isUnseen: true }],
  during: [],
  endsFinal: false,
})

/** Two states of a sub-channel supersede others before anything is registered. */
const locked = (number: number): FamilyScript => ({
  ...unseen(number),
  hasSub: true,
  before: Array.from({ length: 12 }, (_, index) => ({ member: 'sub', share: index * 10_000 })),
})

async function violationsOf(
  options: Omit<CrashOptions, 'seed' | 'kills'> & { readonly kills?: number },
): Promise<readonly string[]> {
  const { violations } = await runCrash({ seed: 1, kills, ...options })
  return violations.map(({ kind }) => kind)
}

describe('the crash test notices', () => {
  it('a store that forgets everything', async ({ signal }) => {
    expect(await violationsOf({ store: 'memory', signal })).toContain('lost')
  })

  it('a store that acknowledges before it writes', async ({ signal }) => {
    expect(await violationsOf({ store: 'hasty', signal })).toContain('lost')
  })

  it('a store that keeps the newest states only', async ({ signal }) => {
    expect(await violationsOf({ store: 'shallow', scriptOf: locked, signal })).toContain('lost')
  })

  it('a store that does not say which channels are guarded', async ({ signal }) => {
    const patience = { truceMs: 1_000, forgottenMs: 4_000 }
    expect(await violationsOf({ store: 'blank', scriptOf: unseen, patience, signal })).toEqual(['forgotten'])
  })
})

describe('the crash test finds nothing to complain of', () => {
  it('where the store forgot up to where the chain was read: the sweep reads what stands', async ({ signal }) => {
    const patience = { truceMs: 3_000, forgottenMs: 12_000 }
    expect(await violationsOf({ store: 'forgetful', kills: 10, scriptOf: unseen, patience, signal })).toEqual([])
  })
})
