import { setImmediate } from 'node:timers/promises'
import type { SignedState } from '@perun-watcher/core'
import { type ModelChain, registers } from '@perun-watcher/core/testing'

/** Waits for something to become true that no event tells; a case that waits for ever is ended by its patience. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await setImmediate()
}

/** Somebody registers an old state, and the watcher has answered: its transaction waits for the next block. */
export async function cheat(
  chain: ModelChain,
  old: SignedState,
  subChannels: readonly SignedState[] = [],
): Promise<void> {
  const before = chain.sent.length
  chain.mine({ calls: [registers(old, subChannels)] })
  await until(() => chain.sent.length > before)
}

/** The same, and the answer of the watcher is in a block. */
export async function cheatInVain(chain: ModelChain, old: SignedState): Promise<void> {
  await cheat(chain, old)
  chain.mine()
}
