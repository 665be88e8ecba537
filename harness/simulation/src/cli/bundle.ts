import { bundle } from '@perun-watcher/harness-kit/bundle'

const core = 'packages/core/src/'

/** One place in the engine's sources, to be changed for a run. */
export interface Patch {
  /** Below packages/core/src. */
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
}

/** The simulation's worker and the engine as one script, with the engine changed by the patches. */
export function bundleWorker(patches: readonly Patch[] = []): Promise<string> {
  return bundle({
    entry: new URL('./worker.ts', import.meta.url),
    transform: (source, path) => patches.filter(({ file }) => path === `${core}${file}`).reduce(patched, source),
  })
}

/** @throws Error unless the place is found exactly once: a mutant that no longer fits must not pass for one. */
function patched(source: string, { file, find, replace }: Patch): string {
  const parts = source.split(find)
  if (parts.length !== 2) {
    throw new Error(`Found ${parts.length - 1} times in ${file}, must be once:\n${find}`)
  }
  return parts.join(replace)
}
