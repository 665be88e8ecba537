import { join } from 'node:path'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import type { BenchArguments } from './arguments.ts'
import type { JobRunner } from './job-runner.ts'

/** The figures that are asked for most stand at the top. */
export async function remote({ run }: JobRunner, { idle, ...options }: BenchArguments['remote']): Promise<object> {
  using place = temporaryFolder('bench')
  const { figures, ...loaded } = await run({ name: 'remote', path: join(place.path, 'loaded'), ...options })
  const { memoryPerIdleClientKiB } = await run({ name: 'idle', path: join(place.path, 'idle'), clients: idle })
  return { ...figures, ...loaded, memoryPerIdleClientKiB }
}
