import { readFile } from 'node:fs/promises'

/** Of a process of this machine, in MiB: what it has in memory now, and the most that it ever had. */
export interface Memory {
  readonly nowMiB: number
  readonly mostMiB: number
}

/** `undefined` where the system does not tell (it is not Linux). */
export async function memoryOf(pid: number): Promise<Memory | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined)
  if (status === undefined) return undefined
  const mib = (name: string): number => {
    const [, kib = 'NaN'] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status) ?? []
    return Math.round(Number(kib) / 1024)
  }
  return { nowMiB: mib('VmRSS'), mostMiB: mib('VmHWM') }
}
