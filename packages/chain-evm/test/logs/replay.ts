import assert from 'node:assert/strict'
import type { AdjudicatorLog } from '@perun-watcher/core'
import type { BlockStep } from '@perun-watcher/core/adapter'

/** A consumer that believes the steps, and checks that they keep their word. */
export class Replay {
  readonly logs: AdjudicatorLog[] = []
  finalNumber = -1n

  /**
   * The consumer stored the final part, and crashes.
   *
   * @returns the first block that it has to read again
   */
  crash(): bigint {
    while ((this.logs.at(-1)?.block.number ?? -1n) > this.finalNumber) this.logs.pop()
    const next = this.finalNumber + 1n
    this.finalNumber = -1n
    return next
  }

  apply(step: BlockStep): void {
    for (const log of step.removed) {
      assert.ok(log.block.number > this.finalNumber, 'a final log was removed')
      assert.deepEqual(this.logs.pop(), log, 'logs are removed newest first')
    }
    for (const log of step.added) assert.ok(log.block.number > this.finalNumber, 'a final block got a log')
    this.logs.push(...step.added)
    assert.ok(step.finalNumber >= this.finalNumber, 'what is final stays final')
    this.finalNumber = step.finalNumber
  }
}
