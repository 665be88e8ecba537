import { setImmediate } from 'node:timers/promises'
import type { SignedState } from '@perun-watcher/core'
import { type ModelChain, registers } from '@perun-watcher/core/testing'

/** What happens on the ledger during a case. */
export interface Course {
  /** Waits for something to become true that no event tells. */
  until(isTrue: () => boolean): Promise<void>
  /** Somebody registers an old state, and the watcher has answered: its transaction waits for the next block. */
  cheat(old: SignedState, subChannels?: readonly SignedState[]): Promise<void>
  /** The same, and the answer of the watcher is in a block. */
  cheatInVain(old: SignedState): Promise<void>
}

/** Until the signal: a case that is over waits for nothing. */
export function courseOn(chain: ModelChain, signal: AbortSignal): Course {
  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await setImmediate(undefined, { signal })
  }

  async function cheat(old: SignedState, subChannels: readonly SignedState[] = []): Promise<void> {
    const before = chain.sent.length
    chain.mine({ calls: [registers(old, subChannels)] })
    await until(() => chain.sent.length > before)
  }

  return {
    until,
    cheat,
    async cheatInVain(old) {
      await cheat(old)
      chain.mine()
    },
  }
}
