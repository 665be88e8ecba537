import { setImmediate } from 'node:timers/promises'
import type { SignedState } from '@perun-watcher/core'
import { type ModelChain, registers } from '@perun-watcher/core/testing'

/** Drives the ledger during a case. */
export interface Course {
  /** Waits for a condition that no event reports. */
  until(isTrue: () => boolean): Promise<void>
  /** Makes one block after the other, each once the watcher has had time to look at it, until the condition holds. */
  mineUntil(isTrue: () => boolean): Promise<void>
  /** Registers an old state, and waits until the watcher's answer is pending for the next block. */
  cheat(old: SignedState, subChannels?: readonly SignedState[]): Promise<void>
  /** The same, and mines the watcher's answer. */
  cheatInVain(old: SignedState): Promise<void>
}

/** Far more turns of the event loop than an engine needs to look at one block of a chain in memory. */
const turnsToSettle = 100

/** Polls until the signal aborts, so that a case that is over leaves nothing waiting. */
export function courseOn(chain: ModelChain, signal: AbortSignal): Course {
  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await setImmediate(undefined, { signal })
  }

  /** An inclusion is a hint: the engine tells of it once it has seen the block and read what stands. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < turnsToSettle; turn++) await setImmediate(undefined, { signal })
  }

  async function cheat(old: SignedState, subChannels: readonly SignedState[] = []): Promise<void> {
    const before = chain.sent.length
    chain.mine({ calls: [registers(old, subChannels)] })
    await until(() => chain.sent.length > before)
  }

  return {
    until,
    cheat,
    async mineUntil(isTrue) {
      while (!isTrue()) {
        chain.mine()
        await settle()
      }
    },
    async cheatInVain(old) {
      await cheat(old)
      chain.mine()
      await settle()
    },
  }
}
