import { setTimeout as pause } from 'node:timers/promises'
import { type Devnet, readDispute } from '@perun-watcher/devnet'
import { newestVersion } from './guarded-channel.ts'
import type { ReadinessLog } from './readiness-log.ts'
import type { BlindStretch, Cheated, Stage } from './stage.ts'

/* What the chain itself says, asked of the node directly. */

const lookMs = 250

/** Within which a client hears that its channel was defended. */
const tellingMs = 20_000

/** What keeps an old state from being answered is told before half of its window is over. */
export const noticeMs = (windowSeconds: bigint): number => Number(windowSeconds) * 500

/** Resolves with what stands: the newest version, or another when the window has closed. */
async function outcomeOf(devnet: Devnet, { guarded }: Cheated): Promise<bigint | undefined> {
  for (;;) {
    const [dispute, block] = await Promise.all([readDispute(devnet, guarded.channel.id), devnet.client.getBlock()])
    if (dispute?.version === newestVersion) return newestVersion
    if (dispute !== undefined && block.timestamp >= dispute.timeout) return dispute.version
    await pause(lookMs)
  }
}

/** @returns a sentence if it was lost. */
export async function lossOf(stage: Stage, cheated: Cheated): Promise<readonly string[]> {
  const stands = await outcomeOf(stage.world.chain.devnet, cheated)
  if (stands === newestVersion) return []
  return [`version ${stands} stands, ${newestVersion} was acknowledged`]
}

/** @returns a sentence if its client was there and never heard that it was defended. */
export async function silenceAbout(
  { guarded: { heard }, isAway }: Cheated,
  isOwnUnknown: boolean,
): Promise<readonly string[]> {
  const goodNews = ['refuted', ...(isOwnUnknown ? ['registered', 'stands'] : [])].map(
    (what) => `${what} ${newestVersion}`,
  )
  const begun = performance.now()
  const isTold = (): boolean => isAway || goodNews.some((each) => heard.includes(each))
  while (!isTold() && performance.now() - begun < tellingMs) await pause(lookMs)
  return isTold() ? [] : [`the client heard ${heard.join(', ') || 'nothing'}, and not ${goodNews.join(' or ')}`]
}

/** @returns a sentence for each stretch in which nothing would have been answered and the daemon said that it was ready. */
export function blindnessIn(readiness: ReadinessLog, stretches: readonly BlindStretch[]): readonly string[] {
  return stretches.flatMap(({ fromMs, untilMs, windowSeconds }) => {
    const count = readiness.readyIn({ fromMs: fromMs + noticeMs(windowSeconds), untilMs })
    const seconds = Math.round((untilMs - fromMs) / 1_000)
    const reasons = readiness.reasonsIn({ fromMs, untilMs }).join(', ')
    return count === 0
      ? []
      : [`blind for ${seconds} s, ready ${count} times after half of the window (${reasons || 'no reason'})`]
  })
}
