import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Daemon } from '../world/daemon.ts'
import { memoryOf } from '../world/memory.ts'
import { descriptorsOf, type KnownPorts } from './descriptors.ts'

/** Numbers of a daemon at one moment, by name. */
export type Numbers = Readonly<Record<string, number>>

/** Of the page of metrics: what a program holds. */
const gauges: readonly (readonly [RegExp, string])[] = [
  [/^nodejs_active_resources\{type="(\w+)"\}$/, 'resource'],
  [/^(nodejs_heap_size_used_bytes|nodejs_external_memory_bytes)$/, 'metric'],
  [/^perun_watcher_(mailboxes|tasks|channels_warned|channels_unsettled|disputes_open|connections|watches)$/, 'metric'],
]

export async function observe(daemon: Daemon, metricsUrl: string, ports: KnownPorts): Promise<Numbers> {
  const [descriptors, memory, page, storeMiB] = await Promise.all([
    descriptorsOf(daemon.pid, ports),
    memoryOf(daemon.pid),
    metricsOf(metricsUrl),
    mebibytesOf(join(daemon.data, 'store')),
  ])
  const prefixed = Object.entries(descriptors).map(([kind, count]) => [`descriptors: ${kind}`, count] as const)
  const all = Object.values(descriptors).reduce((sum, count) => sum + count, 0)
  return {
    descriptors: all,
    ...Object.fromEntries(prefixed),
    ...page,
    ...(memory === undefined ? {} : { 'memory MiB': memory.nowMiB }),
    'store MiB': storeMiB,
  }
}

async function metricsOf(url: string): Promise<Numbers> {
  const text = await (await fetch(url, { headers: { connection: 'close' } })).text()
  const found: Record<string, number> = {}
  for (const line of text.split('\n')) {
    const at = line.lastIndexOf(' ')
    const name = line.slice(0, at)
    for (const [pattern, kind] of gauges) {
      const [, what] = pattern.exec(name) ?? []
      if (what !== undefined) found[`${kind}: ${what}`] = Number(line.slice(at + 1))
    }
  }
  return found
}

async function mebibytesOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch((): string[] => [])
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).blocks * 512))
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20
}
