import { readFile } from 'node:fs/promises'
import { type Finding, ok, warn } from './finding.ts'

/** Open files besides client connections: store, RPC, logs, libraries. */
const filesBesides = 256

/** Whether the limit of open files suffices for all connections. Empty if the system does not tell. */
export async function checkOpenFiles(connections: number): Promise<readonly Finding[]> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  return judgeOpenFiles(limits, connections)
}

export function judgeOpenFiles(limits: string, connections: number): readonly Finding[] {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? []
  if (soft === undefined) return []
  const wanted = connections + filesBesides
  const found = `${soft} files may be open; ${connections} clients need ${wanted}.`
  if (soft === 'unlimited' || Number(soft) >= wanted) return [ok('limits.files', found)]
  const remedy = `Set LimitNOFILE=${wanted} in the systemd unit, or ulimit -n ${wanted}, or allow fewer connections.`
  return [warn('limits.files', found, remedy)]
}
