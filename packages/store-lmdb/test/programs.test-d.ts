/** What programs write, judged by the compiler. */
import type { ChannelId, LedgerId, WatcherError } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import {
  type CommitStatistics,
  type Damage,
  type LmdbStore,
  ledgersOfStore,
  lmdbStore,
  type Rescue,
  rescueStore,
  restoreStore,
  type Verification,
  verifyStore,
} from '@perun-watcher/store-lmdb'
import { assertType, describe, expectTypeOf, it } from 'vitest'

describe('lmdbStore', () => {
  it('needs a path, and is a store', () => {
    const store = lmdbStore({ path: '/var/lib/watcher' })
    expectTypeOf(store).toEqualTypeOf<LmdbStore>()
    assertType<Store>(store)
    // @ts-expect-error without a path
    lmdbStore({})
    // @ts-expect-error a misspelt option
    lmdbStore({ path: '/var/lib/watcher', onDamage: () => {} })
  })

  it('tells what is damaged, and of which channel', () => {
    lmdbStore({
      path: '/var/lib/watcher',
      onDamaged({ channelId, error, isRescued }) {
        expectTypeOf(channelId).toEqualTypeOf<ChannelId | undefined>()
        expectTypeOf(error).toEqualTypeOf<WatcherError>()
        expectTypeOf(isRescued).toEqualTypeOf<boolean>()
      },
    })
    lmdbStore({ path: '/var/lib/watcher', onDamaged: undefined })
  })

  it('has what an operator needs besides', () => {
    const store = lmdbStore({ path: '/var/lib/watcher' })
    const { signal } = new AbortController()
    expectTypeOf(store.backup('/backup', { signal })).resolves.toEqualTypeOf<void>()
    expectTypeOf(
      store.verify({ signal, onProgress: (entries) => void entries.toFixed() }),
    ).resolves.toEqualTypeOf<Verification>()
    expectTypeOf(store.statistics()).toEqualTypeOf<CommitStatistics>()
  })
})

describe('a store that nobody uses', () => {
  it('is named by its path, and two of them by where from and where to', () => {
    expectTypeOf(ledgersOfStore('/var/lib/watcher')).resolves.toEqualTypeOf<readonly LedgerId[]>()
    expectTypeOf(verifyStore('/var/lib/watcher')).resolves.toEqualTypeOf<Verification>()
    expectTypeOf(restoreStore({ from: '/backup', to: '/var/lib/watcher' })).resolves.toEqualTypeOf<Verification>()
    expectTypeOf(rescueStore({ from: '/damaged', to: '/var/lib/watcher' })).resolves.toEqualTypeOf<Rescue>()
    expectTypeOf<Rescue['damaged']>().toEqualTypeOf<readonly Damage[]>()
    // @ts-expect-error which is which?
    rescueStore('/damaged', '/var/lib/watcher')
  })
})
