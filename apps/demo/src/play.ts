import { readDispute, stateHash } from '@perun-watcher/devnet'
import { cheat } from './acts/cheat.ts'
import { conclude } from './acts/conclude.ts'
import { pay } from './acts/pay.ts'
import { lie, tell } from './acts/tell.ts'
import { awaitRefutations, passWindows, type WaitOptions } from './acts/wait.ts'
import { cheatedOf, guardedOf, newestOf } from './agreed.ts'
import type { Act, Verdict } from './demo-event.ts'
import { judge, type Standing } from './judge.ts'
import type { Play } from './model.ts'
import type { Stage } from './stage.ts'

/** Plays all scenarios at the same time, act by act, and judges each by what the chain says. */
export async function play(stage: Stage, options: WaitOptions): Promise<readonly Verdict[]> {
  const begin = (act: Act): void => stage.board.emit({ type: 'act', act })
  begin('telling')
  await tell(stage)
  begin('lying')
  await lie(stage)
  begin('cheating')
  await cheat(stage)
  begin('waiting')
  await awaitRefutations(stage, options)
  await passWindows(stage)
  const standings = await Promise.all(stage.staged.map((staged) => standingsOf(stage, staged.play)))
  begin('concluding')
  await conclude(stage)
  begin('paying')
  const paid = await pay(stage)
  return stage.staged.map(({ scenario: { name: scenario }, play }, index) => {
    const payouts = paid.filter((each) => each.scenario === scenario)
    const honest = play.cheat === undefined
    const verdict = judge({ scenario, honest, standings: standings[index] ?? [], payouts })
    stage.board.emit(verdict)
    return verdict
  })
}

async function standingsOf({ devnet, guard }: Stage, play: Play): Promise<readonly Standing[]> {
  const cheated = cheatedOf(play)
  return Promise.all(
    guardedOf(play).map(async (agreed) => {
      const { state } = newestOf(agreed)
      return {
        channel: agreed.label,
        newest: { version: state.version, stateHash: stateHash(state) },
        record: await readDispute(devnet, state.channelID),
        isCheated: cheated.includes(agreed),
        isToldRefuted: guard.hasRefuted(state.channelID, state.version),
      }
    }),
  )
}
