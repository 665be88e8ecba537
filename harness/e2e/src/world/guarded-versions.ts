import type { Daemon } from './daemon.ts'
import type { TestChannel } from './test-chain.ts'

/** What the daemon guards of these channels now; -1: nothing. */
export async function guardedVersions(daemon: Daemon, channels: readonly TestChannel[]): Promise<readonly bigint[]> {
  const lines = new Map((await daemon.channels()).map(({ id, version }) => [id, BigInt(version)]))
  return channels.map(({ id }) => lines.get(id) ?? -1n)
}

/** Channels whose newest acknowledged version is missing, as sentences. */
export async function missingVersions(
  daemon: Daemon,
  promised: ReadonlyMap<TestChannel, bigint>,
): Promise<readonly string[]> {
  const versions = await guardedVersions(daemon, [...promised.keys()])
  return [...promised].flatMap(([{ id }, version], index) => {
    const found = versions[index] ?? -1n
    return found < version ? [`${id}: ${found} is held, ${version} was acknowledged`] : []
  })
}
