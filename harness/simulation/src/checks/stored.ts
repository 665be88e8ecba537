import { isWatcherError, type State, type WatcherEngine } from '@perun-watcher/core'
import type { Store, StoredChannel } from '@perun-watcher/core/adapter'
import { acknowledgedIn, type Household, isReleased } from '../parties/household.ts'
import { simBackend } from '../world/crypto.ts'
import { short } from '../world/trace.ts'

/** Whatever was acknowledged is on the disk, or something newer is, unless nobody needs it any more. */
export async function checkNothingLost(households: readonly Household[], disk: Store): Promise<readonly string[]> {
  const violations: string[] = []
  for (const household of households) {
    for (const channel of household.family.channels) {
      const acknowledged = acknowledgedIn(household).flatMap(({ channelId, signed }) =>
        channelId === channel.id ? [signed.state] : [],
      )
      const newest = newestOf(acknowledged)
      if (newest === undefined) continue
      const stored = await disk.load(channel.id)
      const held = newestOf(heldWithFundsOf(newest, stored))
      const isMissing = stored === undefined && !isReleased(household, channel)
      if (isMissing || (stored !== undefined && (held === undefined || held.version < newest.version))) {
        violations.push(`${short(channel.id)} acknowledged ${newest.version}, stored ${held?.version ?? 'nothing'}`)
      }
    }
  }
  return violations
}

const newestOf = (states: readonly State[]): State | undefined =>
  states.reduce<State | undefined>(
    (best, state) => (best === undefined || state.version > best.version ? state : best),
    undefined,
  )

/** Each client has a line of its own, and a tree takes the one that is furthest. */
function heldWithFundsOf(state: State, stored: StoredChannel | undefined): readonly State[] {
  if (stored === undefined) return []
  const funds = fundsOf(state)
  return [stored, ...stored.otherLines].flatMap(({ newest }) => (fundsOf(newest.state) === funds ? [newest.state] : []))
}

/** The sum of each asset, for comparison. */
function fundsOf({ outcome: { balances, locked } }: State): string {
  const add = (sum: bigint, amount: bigint): bigint => sum + amount
  const sums = balances.map((row, asset) =>
    locked.reduce((sum, lock) => sum + (lock.balances[asset] ?? 0n), row.reduce(add, 0n)),
  )
  return sums.join(' ')
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

/** What waits for clients that are away is bounded. */
export async function checkMailboxes(
  households: readonly Household[],
  disk: Store,
  limit: number,
): Promise<readonly string[]> {
  const violations: string[] = []
  for (const { family, clients } of households) {
    for (const { id } of family.channels) {
      for (const { name } of clients) {
        const waiting = (await disk.mailbox(id, name))?.events.length ?? 0
        if (waiting > limit) violations.push(`${waiting} events of ${short(id)} wait on the disk`)
      }
    }
  }
  return violations
}

/** After everybody left, nothing is kept, neither on the disk nor in memory. */
export async function checkNothingLeft(disk: Store, engine: WatcherEngine | undefined): Promise<readonly string[]> {
  const { decisions: _, sweepCalls: __, foundBySweep: ___, ...sizes } = engine?.stats ?? {}
  const inMemory = Object.entries(sizes).filter(([, count]) => count !== 0)
  const violations = inMemory.map(([what, count]) => `${count} ${what} in memory after everybody left`)
  for await (const { id } of disk.summaries()) violations.push(`channel ${short(id)} is kept after everybody left`)
  return violations
}
