import type { AdjudicatorLog, ChannelId } from '@perun-watcher/core'
import type { BlockStep, ChainStep, RegistererSubscriber } from '@perun-watcher/core/adapter'

/** Follows a backend in the background and keeps what the chain holds according to the steps. */
export class StepLog {
  readonly steps: ChainStep[] = []
  logs: readonly AdjudicatorLog[] = []
  readonly ended: Promise<void>
  readonly #waiting = new Set<() => void>()

  constructor(backend: RegistererSubscriber, fromBlock?: bigint) {
    this.ended = this.#follow(backend, fromBlock)
  }

  /** The logs of a channel, once there are as many as asked for. */
  async of(id: ChannelId, count: number): Promise<readonly AdjudicatorLog[]> {
    const found = (): readonly AdjudicatorLog[] => this.logs.filter(({ channelId }) => channelId === id)
    await this.until(() => found().length === count)
    return found()
  }

  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => this.#waiting.add(resolve))
  }

  async #follow(backend: RegistererSubscriber, fromBlock: bigint | undefined): Promise<void> {
    for await (const step of backend.subscribe({ fromBlock })) {
      this.steps.push(step)
      if (step.type === 'block') this.#apply(step)
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    }
  }

  #apply({ removed, added }: BlockStep): void {
    const gone = new Set(removed.map(({ block, logIndex }) => `${block.hash} ${logIndex}`))
    this.logs = [...this.logs.filter(({ block, logIndex }) => !gone.has(`${block.hash} ${logIndex}`)), ...added]
  }
}
