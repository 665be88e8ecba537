import type { LedgerWindow } from '../../dispute/capacity.ts'

/** How many ledger channels there are, by the length of their windows: each of them needs a registration of its own. */
export interface LedgerWindows extends Iterable<LedgerWindow> {
  /** How many ledger channels there are in all. */
  readonly channels: number
  /** How many channels are watched below others. */
  readonly nested: number
}

interface Counted {
  readonly isLedger: boolean
  readonly parents: readonly unknown[]
  readonly windowSeconds: number
}

interface MutableLedgerWindows extends LedgerWindows {
  /** `undefined`: it was not there, or is gone. */
  replace(before: Counted | undefined, after: Counted | undefined): void
}

/** Of longer windows only so many binary digits count, or clients could make as many lengths as they have channels. */
const digits = 10

/** No more than the window, and less by no more than a part in 512. */
function rounded(windowSeconds: number): number {
  const step = 2 ** Math.max(0, 32 - Math.clz32(windowSeconds) - digits)
  return Math.floor(windowSeconds / step) * step
}

export function ledgerWindows(): MutableLedgerWindows {
  const counts = new Map<number, number>()
  let nested = 0
  let all = 0

  function count(entry: Counted | undefined, change: 1 | -1): void {
    if (entry === undefined) return
    if (entry.parents.length > 0) nested += change
    if (!entry.isLedger) return
    all += change
    const windowSeconds = rounded(entry.windowSeconds)
    const channels = (counts.get(windowSeconds) ?? 0) + change
    if (channels === 0) counts.delete(windowSeconds)
    else counts.set(windowSeconds, channels)
  }

  return {
    get channels() {
      return all
    },
    get nested() {
      return nested
    },
    replace(before, after) {
      count(before, -1)
      count(after, 1)
    },
    *[Symbol.iterator]() {
      for (const [windowSeconds, channels] of counts) yield { windowSeconds, channels }
    },
  }
}
