import { describe, expect, it } from 'vitest'
import type { StoreKind } from '../src/protocol.ts'
import { runCrash } from '../src/run/run-crash.ts'

/** Enough for any of them; the first violation ends a run. */
const kills = 200
/** What is forgotten is forgotten soon; the right store is never as slow as that. */
const patience = { truceMs: 4_000, forgottenMs: 15_000 }

async function violationsOf(store: StoreKind): Promise<readonly string[]> {
  const { violations } = await runCrash({ seed: 1, kills, store, patience })
  return violations.map(({ kind }) => kind)
}

describe('the crash test notices', () => {
  it('a store that forgets everything', async () => {
    expect(await violationsOf('memory')).toContain('lost')
  })

  it('a store that acknowledges before it writes', async () => {
    expect(await violationsOf('hasty')).toContain('lost')
  })

  it('a watcher that misses what happened while it was dead', async () => {
    expect(await violationsOf('forgetful')).toContain('forgotten')
  })
})
