import { type Allowance, type Growth, growthOf } from './growth.ts'
import type { Numbers } from './observe.ts'

/** What was seen of the daemon at one moment. */
export interface Look {
  readonly minutes: number
  readonly numbers: Numbers
}

/** Everything else may be a little more or less by chance. */
const usual: Allowance = { by: 8, share: 0.1 }

/** What is large, and moves with the garbage collector or in steps. */
const allowances: Readonly<Record<string, Allowance>> = {
  'memory MiB': { by: 40, share: 0.15 },
  'metric: nodejs_heap_size_used_bytes': { by: 40 * 2 ** 20, share: 0.25 },
  'metric: nodejs_external_memory_bytes': { by: 20 * 2 ** 20, share: 0.25 },
  'store MiB': { by: 16, share: 0.25 },
  // What waits at the very moment, and the connections and timers that come of it.
  'metric: tasks': { by: 64, share: 1 },
  descriptors: { by: 24, share: 0.2 },
  'descriptors: node established': { by: 24, share: 0.5 },
  'resource: TCPSocketWrap': { by: 24, share: 0.5 },
  'resource: Timeout': { by: 24, share: 0.5 },
}

/** At the beginning everything grows: caches, pools, the file of the store. */
const warmUpShare = 0.3

export interface Grown extends Growth {
  readonly name: string
}

/** How each number moved once it was warm. */
export function growthsIn(looks: readonly Look[]): readonly Grown[] {
  const last = looks.at(-1)?.minutes ?? 0
  const warm = looks.filter(({ minutes }) => minutes >= last * warmUpShare)
  const names = [...new Set(warm.flatMap(({ numbers }) => Object.keys(numbers)))]
  return names.flatMap((name) => {
    // What there is none of is not told.
    const samples = warm.map(({ minutes, numbers }) => ({ minutes, value: numbers[name] ?? 0 }))
    const growth = growthOf(samples, allowances[name] ?? usual)
    return growth === undefined ? [] : [{ name, ...growth }]
  })
}

/** What is left once nobody is there any more, compared with before anybody came: sentences. */
export function leftOver(before: Numbers, after: Numbers): readonly string[] {
  return Object.entries(after).flatMap(([name, value]) => {
    const first = before[name] ?? 0
    const isCounted = name.startsWith('descriptors') || name.startsWith('resource')
    return isCounted && value - first > usual.by
      ? [`${name}: ${first} before, ${value} after all clients had gone`]
      : []
  })
}
