import type { Scheduler } from '@perun-watcher/simulation/scheduler'
import { covers } from '../faults/fault.ts'
import { cheaterAccount } from '../parties/cheater.ts'
import type { Chain } from '../truth/chain.ts'
import { every } from './every.ts'
import type { Plan } from './plan.ts'
import type { Trace } from './trace.ts'

export interface MiningDeps {
  readonly time: Scheduler
  readonly chain: Chain
  readonly plan: Plan
  readonly trace: Trace
  /** Outsiders look at each block first. */
  readonly onBlock: () => void
}

/** Makes blocks, takes some back, and forgets what waits, as planned. */
export function keepMining({ time, chain, plan, trace, onBlock }: MiningDeps): void {
  const ours = (): readonly `0x${string}`[] =>
    [...chain.pool.values()].filter(({ from }) => from !== cheaterAccount).map(({ hash }) => hash)

  function forget(): void {
    for (const hash of ours()) {
      chain.drop(hash)
      trace.meet('fault: droppedTransactions')
    }
  }

  every(time, plan.tempo.blockMs, () => {
    if (plan.drops.some((spell) => covers(spell, time.now))) forget()
    if (ours().length > 0 && plan.spikes.some((spell) => covers(spell, time.now))) trace.meet('fault: feeSpikes')
    chain.mine()
    onBlock()
  })
  for (const { atMs, depth, keeps } of plan.reorgs) {
    time.after(atMs, () => {
      trace.say(`a reorg of ${depth}`)
      trace.meet(depth > chain.head.number ? 'fault: nonceReset' : 'fault: reorgs')
      if (depth > plan.finalityDepth) trace.meet('fault: deepReorg')
      // What the cheater did, it does again.
      chain.reorg(depth, ({ from }) => keeps || from === cheaterAccount)
      onBlock()
    })
  }
}
