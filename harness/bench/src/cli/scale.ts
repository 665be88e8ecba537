import { join } from 'node:path'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import type { BenchArguments } from './arguments.ts'
import type { JobRunner } from './job-runner.ts'

/** What is aimed at for a million channels on two cores; docs say why. */
const targets = { memoryMiB: 1_024, restartSeconds: 20, rpcCallsPerBlock: 2 }

type Figures = Readonly<Record<string, number>>

async function measure(
  { run }: JobRunner,
  channels: number,
  { blocks, active, versions }: BenchArguments['scale'],
): Promise<Figures> {
  using place = temporaryFolder('bench')
  const path = join(place.path, 'store')
  const filled = await run({ name: 'fill', path, channels })
  const guarded = await run({ name: 'guard', path, blocks, active, versions })
  return { channels, ...filled['figures'], ...guarded['figures'] }
}

/** Against a watcher of one channel, and against the targets. */
function ratiosOf(figures: Figures, ofOne: Figures): Figures {
  const value = (name: string, from = figures): number => from[name] ?? Number.NaN
  const overOne = (name: string): number => value(name) / value(name, ofOne)
  return {
    channels: value('channels'),
    cpuPerBlockToOneChannel: overOne('cpuMsPerBlock'),
    rpcCallsPerBlockToOneChannel: overOne('rpcCallsPerBlock'),
    publishP50ToOneChannel: overOne('publishP50Ms'),
    publishP99ToOneChannel: overOne('publishP99Ms'),
    restartToSummariesAlone: value('restartSeconds') / value('summariesSeconds'),
    restartCpuToSummariesAlone: value('restartCpuSeconds') / value('summariesCpuSeconds'),
    heapBytesPerChannel: (value('heapOfChannelsMiB') * 1024 * 1024) / value('channels'),
    memoryOfTarget: value('residentWithoutMappedMiB') / targets.memoryMiB,
    restartOfTarget: value('restartSeconds') / targets.restartSeconds,
    restartCpuOfTarget: value('restartCpuSeconds') / targets.restartSeconds,
    rpcCallsOfTarget: value('rpcCallsPerBlock') / targets.rpcCallsPerBlock,
  }
}

export interface ScaleResult {
  readonly reference: Figures
  readonly figures: readonly Figures[]
  readonly ratios: readonly Figures[]
}

export async function scale(
  runner: JobRunner,
  options: BenchArguments['scale'],
  say: (text: string) => void,
): Promise<ScaleResult> {
  say('1 channel, the reference')
  const reference = await measure(runner, 1, options)
  const figures: Figures[] = []
  for (const channels of options.channels) {
    say(`${channels} channels`)
    figures.push(await measure(runner, channels, options))
  }
  return { reference, figures, ratios: figures.map((each) => ratiosOf(each, reference)) }
}
