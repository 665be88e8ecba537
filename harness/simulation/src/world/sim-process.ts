import type { Clock } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Scheduler } from './scheduler.ts'

/** One run of the watcher's program. After a crash nothing that it waited for ever comes: its code just stops. */
export interface SimProcess {
  readonly isAlive: boolean
  crash(): void
  /** Calls back if the process crashes. @returns what ends that. */
  onCrash(task: () => void): () => void
  readonly clock: Clock
  /** Waits, and then goes on if the process still lives. */
  pause(ms: number, signal?: AbortSignal): Promise<void>
  /** Waits a random short while, as every call to the outside does. */
  latency(signal?: AbortSignal): Promise<void>
}

export interface SimProcessDeps {
  readonly time: Scheduler
  readonly dice: Dice
  /** Milliseconds that a call takes at most, as things stand. */
  readonly slowness: () => number
  /** Milliseconds by which the machine's clock is wrong. */
  readonly clockError: () => number
}

export function simProcess({ time, dice, slowness, clockError }: SimProcessDeps): SimProcess {
  let isAlive = true
  const onCrash = new Set<() => void>()

  function pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        if (isAlive) reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      time.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        if (isAlive && !signal?.aborted) resolve()
      })
    })
  }

  return {
    get isAlive() {
      return isAlive
    },
    crash() {
      isAlive = false
      for (const task of onCrash) task()
    },
    onCrash(task) {
      onCrash.add(task)
      return () => onCrash.delete(task)
    },
    clock: { now: () => time.now + clockError(), sleep: (ms, { signal } = {}) => pause(ms, signal) },
    pause,
    latency: (signal) => pause(dice.int(1, slowness()), signal),
  }
}
