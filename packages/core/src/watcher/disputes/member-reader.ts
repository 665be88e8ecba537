import { timeLimit } from '../../async/time-limit.ts'
import { hasCode, WatcherError } from '../../errors/watcher-error.ts'
import type { Clock, Logger } from '../../spi/runtime.ts'

/** Reads what is stored of a family's members, so that one that cannot be read does not hold up all others. */
export interface MemberReader {
  /**
   * @param key names what is read.
   * @param isNeeded nothing can be done without it.
   * @returns `undefined` also where it is damaged, or could not be read for so long that the family has to do without it.
   * @throws what the store throws, where it is needed or where it is worth trying again first.
   */
  read<T>(key: string, isNeeded: boolean, call: () => Promise<T>): Promise<T | undefined>
}

export interface MemberReaderDeps {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Milliseconds for which a member is waited for: a store that is back after a moment must not cost a root state. Confirmations
 * take longer, and so does every window that a watcher can guard.
 */
const patienceMs = 2_000

/** Milliseconds that a read is given where earlier ones were waited for in vain. */
const shortPatienceMs = 250

export function memberReader({ clock, logger }: MemberReaderDeps): MemberReader {
  const patient = timeLimit(clock, patienceMs)
  const hasty = timeLimit(clock, shortPatienceMs)
  /** What could not be read lately, and since when. */
  const troubles = new Map<string, number>()
  /** What a read was waited for in vain that has not ended yet: it may hang for ever, and so may the next. */
  const overdue = new Set<string>()

  async function readInTime<T>(key: string, call: () => Promise<T>): Promise<T> {
    if (overdue.has(key)) throw unanswered()
    const limit = troubles.has(key) ? hasty : patient
    let isOver = false
    const end = (): void => {
      isOver = true
      overdue.delete(key)
    }
    const answer = call()
    answer.then(end, end)
    return await limit.run(
      () => answer,
      () => {
        if (!isOver) overdue.add(key)
        return unanswered()
      },
    )
  }

  /** Whether it is given up for now. */
  function isGivenUp(key: string, startedMs: number, error: unknown): boolean {
    const known = troubles.get(key)
    const since = known ?? startedMs
    if (known === undefined) {
      troubles.set(key, since)
      logger.warn('Member of a family not readable', { read: key }, error)
    }
    return clock.now() - since >= patienceMs
  }

  return {
    async read(key, isNeeded, call) {
      const startedMs = clock.now()
      try {
        const result = await readInTime(key, call)
        troubles.delete(key)
        return result
      } catch (error) {
        if (hasCode(error, 'STORE_CORRUPT')) return undefined
        if (isGivenUp(key, startedMs, error) && !isNeeded) return undefined
        throw error
      }
    },
  }
}

const unanswered = (): WatcherError => new WatcherError('STORE_FAILED', 'The store has not answered a read in time.')
