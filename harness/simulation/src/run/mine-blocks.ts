import type { BlockHash } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Hardship } from '../world/hardships.ts'
import type { Chooser, Ledger, LedgerTransaction } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Tempo } from '../world/tempo.ts'
import { timestampAt } from '../world/timeline.ts'
import type { Trace } from '../world/trace.ts'

const deepestReorg = 6

export interface MineBlocksDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly ledger: Ledger
  readonly trace: Trace
  readonly is: (hardship: Hardship) => boolean
  /** No reorg takes out more blocks, unless the ledger breaks its word. */
  readonly finalityDepth: number
  readonly tempo: Tempo
  /** Where it notes what it takes out when the ledger breaks its word. */
  readonly brokenFinality: Set<BlockHash>
}

/** Adds blocks at random intervals, at times without room, in another order, or in the place of the newest ones. */
export function mineBlocks({
  time,
  dice,
  ledger,
  trace,
  is,
  finalityDepth,
  tempo,
  brokenFinality,
}: MineBlocksDeps): void {
  const isOurs = ({ byWatcher }: LedgerTransaction): boolean => byWatcher
  const isTheirs = ({ byWatcher }: LedgerTransaction): boolean => !byWatcher

  /** How many of our transactions the next block has room for. */
  function roomForOurs(): number {
    if (is('fullBlocks') && dice.chance(0.9)) {
      trace.meet('fault: full block')
      return 0
    }
    if (!is('feeSpikes')) return Number.POSITIVE_INFINITY
    trace.meet('fault: fee spike')
    return 1
  }

  const choose: Chooser = (waiting) => {
    const taken = new Set(waiting.filter(isOurs).slice(0, roomForOurs()))
    const chosen = waiting.filter((transaction) => isTheirs(transaction) || taken.has(transaction))
    const first = chosen.filter(({ isInFront }) => isInFront)
    const others = chosen.filter(({ isInFront }) => !isInFront)
    const theirs = others.filter(isTheirs)
    if (theirs.length === 0 || theirs.length === others.length || !dice.chance(0.3)) return [...first, ...others]
    trace.meet('fault: front-running')
    return [...first, ...theirs, ...others.filter(isOurs)]
  }

  const mineOne = (): void => ledger.mine(timestampAt(time.now), choose)

  function replaceNewest(): void {
    const isBreach = is('deepReorgs')
    const depth = isBreach ? finalityDepth + dice.int(1, 4) : dice.int(1, Math.min(deepestReorg, finalityDepth))
    trace.meet(isBreach ? 'fault: reorg below finality' : 'fault: reorg')
    trace.say(`reorg of ${depth} blocks`)
    if (isBreach) for (const { hash } of ledger.blocks.slice(-depth)) brokenFinality.add(hash)
    // What was ours is not always sent again: a refutation that is gone has to be noticed.
    ledger.reorg(depth, ({ byWatcher }) => dice.chance(byWatcher ? 0.4 : 0.8))
    for (let block = 0; block <= depth; block++) mineOne()
  }

  function mineNext(): void {
    if ((is('reorgs') || is('deepReorgs')) && dice.chance(0.15)) replaceNewest()
    else mineOne()
    if (tempo.blocks !== undefined) time.after(dice.int(tempo.blocks.leastMs, tempo.blocks.mostMs), mineNext)
  }

  /** A block comes with the transaction, and holds what else has come by then. */
  function mineOnDemand(): void {
    let isDue = false
    ledger.onSubmit(() => {
      if (isDue) return
      isDue = true
      time.after(dice.int(100, 1_000), () => {
        isDue = false
        mineNext()
        mineRest()
      })
    })
  }

  /** Whatever found no room needs another block, and as many as it takes. */
  function mineRest(): void {
    if (!ledger.isWaiting) return
    time.after(1_000, () => {
      mineNext()
      mineRest()
    })
  }

  trace.meet(`tempo: ${tempo.name}`)
  if (tempo.blocks === undefined) mineOnDemand()
  time.after(1_000, mineNext)
}

/** Where blocks come only with transactions, somebody else's go on coming: what happened becomes final. */
export function keepMining(time: Scheduler, ledger: Ledger, finalityDepth: number): void {
  for (let count = 1; count <= 40 * finalityDepth; count++) {
    time.after(count * 5_000, () => ledger.submit((_, disputes) => ({ disputes, updates: [] })))
  }
}
