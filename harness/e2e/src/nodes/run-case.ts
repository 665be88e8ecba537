import { readDispute } from '@perun-watcher/devnet'
import type { CaseResult, NodesCase } from './case.ts'
import { newestVersion } from './guarded-channel.ts'
import { blindnessIn, lossOf, silenceAbout } from './judge.ts'
import type { Library } from './library.ts'
import { type Cheated, openStage, type Stage, type StageOptions } from './stage.ts'
import type { World } from './world.ts'

/** A case that takes longer is stuck, whatever it waits for. */
const patienceMs = 240_000

/** No case takes longer to take down. */
const closingMs = 10_000

const longestLog = 2_000

/** What remains to be looked at when all windows are closed. */
export interface Played {
  readonly result: CaseResult
  readonly stage: Pick<Stage, 'world' | 'cheated'>
}

/** Plays a case and judges it. Never rejects, and ends in any case. */
export async function runCase(
  each: NodesCase,
  library: Library,
  options: Omit<StageOptions, 'library'>,
): Promise<Played> {
  const begun = performance.now()
  const stage = openStage({ ...options, library })
  const found = { lost: [] as string[], readyWhileBlind: [] as string[], untold: [] as string[] }
  let brokenBy: string | undefined

  async function judge(): Promise<void> {
    await each.play(stage)
    await Promise.all(
      stage.cheated.map(async (cheated) => {
        const loss = await lossOf(stage, cheated)
        found.lost.push(...loss)
        if (loss.length === 0) found.untold.push(...(await silenceAbout(cheated, each.isOwnUnknown === true)))
        else found.readyWhileBlind.push(...blindSince(cheated))
      }),
    )
    found.readyWhileBlind.push(...blindnessIn(stage.tower.readiness, stage.blind))
  }

  const blindSince = ({ atMs: fromMs, guarded: { windowSeconds } }: Cheated): readonly string[] =>
    blindnessIn(stage.tower.readiness, [{ fromMs, untilMs: performance.now(), windowSeconds }])

  try {
    await within(patienceMs, 'the case to end', judge())
  } catch (error) {
    brokenBy = error instanceof Error ? error.message : String(error)
  }
  const log = logOf(stage)
  try {
    await within(closingMs, 'the case to be taken down', stage[Symbol.asyncDispose]())
  } catch (error) {
    brokenBy ??= String(error)
  }
  const seconds = Math.round((performance.now() - begun) / 1_000)
  return { result: { name: each.name, kind: each.kind, library, ...found, brokenBy, seconds, log }, stage }
}

function logOf(stage: Stage): string {
  try {
    return stage.tower.log.slice(-longestLog)
  } catch {
    return ''
  }
}

async function within<T>(ms: number, what: string, work: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`In vain for ${ms} ms: ${what}.`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** More seconds than any window has. */
const afterAllWindows = 100_000n

/** Lets all windows of a chain close, and looks once more at what stands. */
export async function lookAgain(world: World, played: readonly Played[]): Promise<readonly Played[]> {
  const { devnet } = world.chain
  const { timestamp } = await devnet.client.getBlock()
  await devnet.anvil.mine({ timestamp: timestamp + afterAllWindows })
  return Promise.all(
    played.map(async ({ result, stage }) => {
      if (result.brokenBy !== undefined || result.lost.length > 0) return { result, stage }
      const standing = await Promise.all(
        stage.cheated.map(async ({ guarded }) => (await readDispute(devnet, guarded.channel.id))?.version),
      )
      const lost = standing.flatMap((version) =>
        version === newestVersion ? [] : [`version ${version} stands when the window has closed`],
      )
      return { result: { ...result, lost }, stage }
    }),
  )
}
