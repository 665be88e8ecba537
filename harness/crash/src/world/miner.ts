import { setTimeout as delay } from 'node:timers/promises'
import { type Deferred, deferred } from '@perun-watcher/core/internal'
import type { Devnet } from '@perun-watcher/devnet'

/** Seconds of chain time from block to block. */
const secondsPerBlock = 12n

/** The chain's time is in one hand: every block is mined here. */
export interface Miner extends AsyncDisposable {
  /** Chain time of the newest block. */
  readonly now: bigint
  /** Resolves with the next block. Rejects when the miner stops or fails. */
  nextBlock(): Promise<void>
  /** Lets chain time jump to a moment, with the next block. */
  passTo(time: bigint): Promise<void>
}

export interface MinerOptions {
  /** Milliseconds between two blocks. */
  readonly paceMs: number
  readonly signal: AbortSignal
}

export async function startMiner(devnet: Devnet, { paceMs, signal }: MinerOptions): Promise<Miner> {
  let now = (await devnet.client.getBlock()).timestamp
  let jumpTo = 0n
  const ending = new AbortController()
  const over = AbortSignal.any([signal, ending.signal])
  let next = nextTurn()

  async function work(): Promise<void> {
    while (!over.aborted) {
      const timestamp = jumpTo > now + secondsPerBlock ? jumpTo : now + secondsPerBlock
      await devnet.anvil.mine({ timestamp })
      now = timestamp
      const mined = next
      next = nextTurn()
      mined.resolve()
      await delay(paceMs, undefined, { signal: over }).catch(() => {})
    }
    throw over.reason
  }

  const working = work().catch((error: unknown) => next.reject(error))

  return {
    get now() {
      return now
    },
    nextBlock: () => next.promise,
    async passTo(time) {
      if (time > jumpTo) jumpTo = time
      while (now < time) await next.promise
    },
    async [Symbol.asyncDispose]() {
      ending.abort(new Error('The miner has stopped.'))
      await working
    },
  }
}

/** That there will be no next block is no error where nobody waits for it. */
function nextTurn(): Deferred<void> {
  const turn = deferred()
  turn.promise.catch(() => {})
  return turn
}
