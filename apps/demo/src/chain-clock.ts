import { type Devnet, DevnetError, type Sent, TransactionReverted } from '@perun-watcher/devnet'
import type { Hex } from 'viem'
import type { Board } from './board.ts'
import { DemoError } from './demo-error.ts'

/** How fast blocks follow each other on the wall clock; on the chain they are always 12 seconds apart. */
export interface Pace {
  /** Milliseconds from one block to the next. */
  readonly blockMs: number
  /** The same while the demo waits for the watcher, who needs time to act. */
  readonly waitingMs: number
  /** Let the rest of the challenge windows pass in a single block. */
  readonly skipsWindows: boolean
}

/** Enjoyable to look at. */
export const livePace: Pace = { blockMs: 350, waitingMs: 400, skipsWindows: false }

/** As fast as things settle. */
export const fastPace: Pace = { blockMs: 0, waitingMs: 120, skipsWindows: true }

/** Seconds of chain time from one block to the next. */
export const secondsPerBlock = 12n

/** A transaction that a block included. */
export type Landing =
  | { readonly ok: true; readonly hash: Hex; readonly timestamp: bigint }
  | { readonly ok: false; readonly hash: Hex; readonly reason: string }

export interface UntilOptions {
  /** Milliseconds after which to give up. */
  readonly patienceMs: number
  /** From this moment of chain time on, blocks are a second apart: a slow machine must not close a window. */
  readonly holdAt: bigint
}

/** Mines every block of the demo, so that its time is in one hand. */
export interface ChainClock {
  /** Timestamp and number of the newest block. */
  readonly now: bigint
  readonly block: bigint
  tick(): Promise<void>
  /** Mines until all of them are included. */
  include(sent: readonly Promise<Sent>[]): Promise<readonly Landing[]>
  /** Mines until something is so. @returns whether it became so in time. */
  until(isDone: () => boolean, options: UntilOptions): Promise<boolean>
  passTo(time: bigint): Promise<void>
}

export interface ChainClockOptions {
  readonly pace: Pace
  readonly signal: AbortSignal
}

/** Blocks after which a transaction that is still not included never will be. */
const patienceInBlocks = 5

export async function chainClock(
  devnet: Devnet,
  { emit, changed }: Board,
  options: ChainClockOptions,
): Promise<ChainClock> {
  const { pace, signal } = options
  const first = await devnet.client.getBlock()
  let newest = { number: first.number, timestamp: first.timestamp }
  let minedAt = performance.now()

  async function mine(timestamp: bigint): Promise<void> {
    signal.throwIfAborted()
    await devnet.anvil.mine({ timestamp })
    minedAt = performance.now()
    const { number } = await devnet.client.getBlock()
    newest = { number, timestamp }
    emit({ type: 'block', ...newest })
  }

  /** Lets the wall clock catch up, so that blocks come at a steady pace whatever lies between them. */
  async function wait(ms: number, isDone: () => boolean = () => false): Promise<void> {
    for (let left = minedAt + ms - performance.now(); left > 0 && !isDone(); left = minedAt + ms - performance.now()) {
      await changed({ withinMs: left, signal })
    }
  }

  async function tick(): Promise<void> {
    await wait(pace.blockMs)
    await mine(newest.timestamp + secondsPerBlock)
  }

  async function landing({ hash, wait: receipt }: Sent): Promise<Landing | undefined> {
    try {
      const { blockNumber } = await receipt({ timeoutMs: 0, signal })
      const { timestamp } = await devnet.client.getBlock({ blockNumber })
      return { ok: true, hash, timestamp }
    } catch (error) {
      if (error instanceof TransactionReverted) return { ok: false, hash, reason: error.reason }
      if (error instanceof DevnetError && error.code === 'TRANSACTION_PENDING') return undefined
      throw error
    }
  }

  return {
    get now() {
      return newest.timestamp
    },
    get block() {
      return newest.number
    },
    tick,
    async include(sending) {
      const sent = await Promise.all(sending)
      for (let blocks = 0; blocks < patienceInBlocks; blocks += 1) {
        await tick()
        const landings = await Promise.all(sent.map(landing))
        const included = landings.filter((each) => each !== undefined)
        if (included.length === sent.length) return included
      }
      const hashes = sent.map(({ hash }) => hash).join(', ')
      throw new DemoError(
        'DEMO_STALLED',
        `After ${patienceInBlocks} blocks not all of these transactions are included: ${hashes}.`,
        'Run the demo again; if it happens every time, report it with this message.',
      )
    },
    async until(isDone, { patienceMs, holdAt }) {
      const giveUpAt = performance.now() + patienceMs
      while (!isDone()) {
        if (performance.now() > giveUpAt) return false
        await mine(newest.timestamp + (newest.timestamp < holdAt ? secondsPerBlock : 1n))
        await wait(pace.waitingMs, isDone)
      }
      return true
    },
    async passTo(time) {
      while (!pace.skipsWindows && newest.timestamp + secondsPerBlock < time) await tick()
      if (newest.timestamp < time) {
        await wait(pace.blockMs)
        await mine(time)
      }
    },
  }
}
