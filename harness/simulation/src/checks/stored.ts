import { isWatcherError, type WatcherEngine } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import { acknowledgedIn, type Household, isReleased } from '../parties/household.ts'
import { simBackend } from '../world/crypto.ts'
import { short } from '../world/trace.ts'

/** Whatever was acknowledged is on the disk, or something newer is, unless nobody needs it any more. */
export async function checkNothingLost(households: readonly Household[], disk: Store): Promise<readonly string[]> {
  const violations: string[] = []
  for (const household of households) {
    for (const channel of household.family.channels) {
      const versions = acknowledgedIn(household)
        .filter(({ channelId }) => channelId === channel.id)
        .map(({ signed }) => signed.state.version)
      const newest = versions.reduce((most, version) => (version > most ? version : most), -1n)
      const stored = await disk.load(channel.id)
      const isMissing = stored === undefined && !isReleased(household, channel)
      if (newest >= 0n && (isMissing || (stored !== undefined && stored.newest.state.version < newest))) {
        violations.push(
          `${short(channel.id)} acknowledged ${newest}, stored ${stored?.newest.state.version ?? 'nothing'}`,
        )
      }
    }
  }
  return violations
}

/** Nothing that the contract would refuse is kept as a newest state. */
export async function checkStoredStates(disk: Store): Promise<readonly string[]> {
  const violations: string[] = []
  for await (const { id } of disk.summaries()) {
    const stored = await disk.load(id)
    try {
      if (stored !== undefined) await simBackend.verify({ params: stored.params, ...stored.newest })
    } catch (error) {
      const code = isWatcherError(error) ? error.code : String(error)
      violations.push(`${short(id)} keeps a state that the contract refuses: ${code}`)
    }
  }
  return violations
}

/** After everybody left, nothing is kept, neither on the disk nor in memory. */
export async function checkNothingLeft(disk: Store, engine: WatcherEngine | undefined): Promise<readonly string[]> {
  const { decisions: _, ...sizes } = engine?.stats ?? {}
  const inMemory = Object.entries(sizes).filter(([, count]) => count !== 0)
  const violations = inMemory.map(([what, count]) => `${count} ${what} in memory after everybody left`)
  for await (const { id } of disk.summaries()) violations.push(`channel ${short(id)} is kept after everybody left`)
  return violations
}
