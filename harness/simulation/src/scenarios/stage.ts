import type { ChannelId } from '@perun-watcher/core'
import { ownRoots } from '../parties/cheater/own-roots.ts'
import { plays } from '../parties/cheater/plays.ts'
import type { HardshipSchedule } from '../world/hardships.ts'
import type { Trace } from '../world/trace.ts'
import type { Scenario, Stage } from './scenario.ts'

export interface StageDeps
  extends Pick<Stage, 'dice' | 'time' | 'ledger' | 'host' | 'family' | 'client' | 'hand' | 'tenant' | 'finalityDepth'> {
  readonly trace: Trace
  readonly schedule: HardshipSchedule
}

const patienceMs = 300_000

const spoilt = new Error('The weather has spoilt the scenario.')

/** Lets a scenario happen. */
export function perform(scenario: Scenario, deps: StageDeps): void {
  const { dice, time, ledger, client, hand, schedule, trace } = deps
  const playing = plays(hand)
  const renting = ownRoots(hand)
  const pass = (ms: number): Promise<void> => new Promise((resolve) => time.after(ms, resolve))

  async function until(isSo: () => boolean): Promise<void> {
    const endMs = time.now + patienceMs
    while (!isSo()) {
      if (time.now > endMs) throw spoilt
      await pass(1_000)
    }
  }

  const stage: Stage = {
    ...deps,
    pass,
    until,
    play: (channel) => playing.playAlone(channel),
    impose: (hardship, forMs) => schedule.impose(hardship, { fromMs: time.now, untilMs: time.now + forMs }),
    async give(channel, ...states) {
      await until(() => client.isCurrent(channel.id))
      client.publish(channel, states)
      await until(() => states.every((signed) => client.acknowledged.some((ack) => ack.signed === signed)))
    },
    async recorded(id: ChannelId) {
      await until(() => ledger.dispute(id) !== undefined)
    },
  }

  /** Whatever can be concluded is, before long. */
  function conclude(): void {
    playing.conclude()
    renting.conclude()
    time.after(dice.int(10_000, 180_000), conclude)
  }

  client.start()
  conclude()
  scenario.play(stage).then(
    () => trace.meet(scenario.name),
    (error: unknown) => {
      if (error !== spoilt) throw error
      trace.say(spoilt.message)
    },
  )
}
