import type { Middleware } from '@perun-watcher/nodes/faults'
import { switched } from '../rpc-proxy/compose.ts'
import type { NodesCase } from './case.ts'
import type { GuardedChannel } from './guarded-channel.ts'
import { newestVersion } from './guarded-channel.ts'
import { noticeMs } from './judge.ts'
import type { Stage } from './stage.ts'

type Play = NodesCase['play']

/** What is wrong with an endpoint in one case: made anew for each. */
export type Wrong = (stage: Stage) => readonly Middleware[]

/** The only endpoint is like that all the time. */
export function alone(wrong: Wrong): Play {
  return async (stage) => {
    const { httpUrl } = await stage.endpoint(wrong(stage))
    await stage.start([httpUrl])
    await stage.cheat(await stage.guard())
  }
}

/** The preferred endpoint is like that all the time, and a second one is well. */
export function beforeAnother(wrong: Wrong): Play {
  return async (stage) => {
    const [faulty, well] = [await stage.endpoint(wrong(stage)), await stage.endpoint()]
    await stage.start([faulty.httpUrl, well.httpUrl])
    await stage.cheat(await stage.guard())
  }
}

/** Blocks on either side of the cheat while the daemon is away: a history, not just a few blocks. */
const awayBlocks = 60
const awayWindow = 300n

/** Seconds of the chain for the away blocks and as long as a usual window on top. */
const strangersAtOnce = 4

/** The only endpoint is like that, and it was cheated while the daemon was away. */
export function fromHistory(wrong: Wrong): Play {
  return async (stage) => {
    const { anvil } = stage.world.chain.devnet
    const { httpUrl } = await stage.endpoint(wrong(stage))
    const tower = await stage.start([httpUrl])
    const guarded = await stage.guard(awayWindow)
    await tower.kill()
    await anvil.mine({ blocks: awayBlocks })
    await stage.strangers(strangersAtOnce)
    await stage.cheat(guarded, { isAway: true })
    await anvil.mine({ blocks: awayBlocks })
    await stage.strangers(strangersAtOnce)
    tower.start()
  }
}

const outageWindow = 80n
/** Seconds that an outage lasts: long enough to be noticed, and for that to be seen. */
const outageSeconds = noticeMs(outageWindow) / 1_000 + 8

/** Lets time pass, though no longer than until the newest version stands. */
export async function untilDefended({ pause }: Stage, { channel }: GuardedChannel, seconds: number): Promise<void> {
  const begun = performance.now()
  while (performance.now() - begun < seconds * 1_000 && (await channel.registered()) !== newestVersion)
    await pause(0.25)
}

/** The only endpoint turns like that just before it is cheated, and is well again later. */
export function outage(wrong: Wrong): Play {
  return async (stage) => {
    const faults = wrong(stage).map((fault) => switched(fault, false))
    const { httpUrl } = await stage.endpoint(faults.map(({ fault }) => fault))
    await stage.start([httpUrl])
    const guarded = await stage.guard(outageWindow)
    for (const fault of faults) fault.isOn = true
    const heal = stage.blindFrom(outageWindow)
    await stage.cheat(guarded)
    await untilDefended(stage, guarded, outageSeconds)
    heal()
    for (const fault of faults) fault.isOn = false
  }
}
