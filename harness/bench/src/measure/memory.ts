import { readFileSync } from 'node:fs'

/** In MiB. */
export interface MemoryUse {
  /** JavaScript's objects and the buffers behind them. */
  readonly heap: number
  /** All pages of this process that are in memory. */
  readonly resident: number
  /** Those of the store's file among them: the page cache owns them and takes them back under pressure. */
  readonly mapped: number
}

const mebibyte = 1024 * 1024

/** What is in use once the garbage is gone. */
export async function memoryInUse(): Promise<MemoryUse> {
  if (globalThis.gc === undefined) throw new Error('Run node with --expose-gc.')
  for (let times = 0; times < 3; times++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return {
    heap: (heapUsed + external) / mebibyte,
    resident: rss / mebibyte,
    mapped: mappedBytes() / mebibyte,
  }
}

/** Resident pages of LMDB's file. Only Linux tells; elsewhere they count as the process's own. */
function mappedBytes(): number {
  let maps: string
  try {
    maps = readFileSync('/proc/self/smaps', 'utf8')
  } catch {
    return 0
  }
  const ofStore = maps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).filter((map) => /^.*\/data\.mdb$/m.test(map))
  return ofStore.reduce((sum, map) => sum + Number(/^Rss: +(\d+) kB$/m.exec(map)?.[1] ?? 0) * 1024, 0)
}
