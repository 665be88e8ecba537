import { readDispute } from '@perun-watcher/devnet'
import { cheatedOf, newestOf, rootsOf } from '../agreed.ts'
import type { Stage } from '../stage.ts'

export interface WaitOptions {
  /** Milliseconds to give the watcher; afterwards the demo goes on and shows what became of the cheats. */
  readonly patienceMs: number
}

/** Hands in what was held back, once the watcher has seen the cheat, and waits until the watcher refuted everything. */
export async function awaitRefutations(stage: Stage, { patienceMs }: WaitOptions): Promise<void> {
  const { staged, guard, clock } = stage
  const window = await shortestWindow(stage)
  const options = { patienceMs, holdAt: clock.now + window / 2n }
  const late = staged.filter(({ play }) => play.toldLater !== undefined)
  await clock.until(() => late.every(({ play }) => isCheatSeen(stage, play)), options)
  for (const { scenario, play } of late) {
    for (const telling of play.toldLater ?? []) await guard.tell(scenario.name, telling)
  }
  await clock.until(() => staged.every(({ play }) => isRefuted(stage, play)), options)
}

/** Lets the challenge windows of all ledger channels close. */
export async function passWindows({ staged, devnet, clock }: Stage): Promise<void> {
  const roots = staged.flatMap(({ play }) => rootsOf(play))
  const records = await Promise.all(roots.map(({ channel }) => readDispute(devnet, channel.id)))
  const end = records.reduce((latest, record) => max(latest, record?.timeout ?? 0n), 0n)
  await clock.passTo(end)
}

type Play = Stage['staged'][number]['play']

async function shortestWindow({ staged, devnet, clock }: Stage): Promise<bigint> {
  const cheated = staged.flatMap(({ play }) => cheatedOf(play))
  const records = await Promise.all(cheated.map(({ channel }) => readDispute(devnet, channel.id)))
  const left = records.flatMap((record) => (record === undefined ? [] : [record.timeout - clock.now]))
  return left.reduce((least, each) => (each < least ? each : least), left[0] ?? 0n)
}

function isCheatSeen({ guard }: Stage, play: Play): boolean {
  const ids = new Set(cheatedOf(play).map(({ channel }) => channel.id))
  return (play.cheat?.tree ?? []).every(
    ({ state }) => !ids.has(state.channelID) || guard.hasSeen(state.channelID, state.version),
  )
}

function isRefuted({ guard }: Stage, play: Play): boolean {
  return cheatedOf(play).every((agreed) => guard.hasRefuted(agreed.channel.id, newestOf(agreed).state.version))
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
