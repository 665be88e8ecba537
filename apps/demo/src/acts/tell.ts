import type { Stage } from '../stage.ts'

/** The watcher hears of all channels and their states: one step of every scenario per block. */
export async function tell({ staged, guard, clock }: Stage): Promise<void> {
  const steps = Math.max(...staged.map(({ play }) => play.told.length))
  for (let step = 0; step < steps; step += 1) {
    await Promise.all(
      staged.map(async ({ scenario, play }) => {
        const telling = play.told[step]
        if (telling !== undefined) await guard.tell(scenario.name, telling)
      }),
    )
    await clock.tick()
  }
}

/** The watcher is told wrong things; it must refuse them and lose nothing that it holds. */
export async function lie({ staged, guard }: Stage): Promise<void> {
  for (const { scenario, play } of staged) {
    for (const wrong of play.wrong ?? []) await guard.lie(scenario.name, play.agreed[0], wrong)
  }
}
