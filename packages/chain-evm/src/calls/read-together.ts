import type { AbortOptions, Clock, Hex } from '@perun-watcher/core'
import { type Deferred, deferred, mapConcurrently, raceSignal, timeLimit } from '@perun-watcher/core/internal'
import type { Way } from './way.ts'

/** What one call told of the first `count` of its ids. */
export interface Found<Id extends Hex, T> {
  readonly count: number
  readonly values: ReadonlyMap<Id, T>
  /** What is told of those among them that have no value. Default: {@link ReadTogetherDeps.notFound}. */
  readonly notFound?: T | undefined
}

export interface ReadTogetherDeps<Id extends Hex, T> {
  /** Best first; none: each is read by a call of its own. */
  readonly ways: readonly Way[]
  /**
   * Looks up many in one call.
   *
   * @returns `undefined` where nothing useful came of it. Rejects where that says nothing about the way: no endpoint answers.
   */
  readonly lookUp: (way: Way, ids: readonly Id[]) => Promise<Found<Id, T> | undefined>
  /** Reads one by a call of its own. */
  readonly readOne: (id: Id) => Promise<T>
  /** What is told of those that a call looked at and did not find. */
  readonly notFound: T
  /** How many of those that nothing reads together are read at a time. */
  readonly singlesAtOnce: number
  readonly clock: Clock
}

/** How long those who ask wait for the reading that is under way, in milliseconds: one that hangs must not hold up all others. */
const patienceMs = 1_000

interface Question<Id, T> {
  readonly id: Id
  readonly answer: Deferred<T>
}

/** Ids that are asked for at the same time, or while a reading is under way, are read together. */
export function readTogether<Id extends Hex, T>(
  deps: ReadTogetherDeps<Id, T>,
): (id: Id, options: AbortOptions) => Promise<T> {
  const { ways, lookUp, readOne, notFound, singlesAtOnce } = deps
  const patience = timeLimit(deps.clock, patienceMs)
  let waiting: Question<Id, T>[] = []
  let isReading = false

  /** What one call tells of the first of the ids. @returns `undefined` where this way is not open, or no more. */
  async function readBy(way: Way, ids: readonly Id[]): Promise<Found<Id, T> | undefined> {
    while (way.isOpen) {
      const asked = ids.slice(0, way.size)
      const found = await lookUp(way, asked)
      if (found !== undefined) {
        way.onAnswer(asked.length, found.count, found.values.size)
        return found
      }
      if (way.onFailure()) continue
      // Were there too many, or is it not taken at all?
      if (asked.length > 1 && (await lookUp(way, asked.slice(0, 1))) !== undefined) way.onTooMany(asked.length)
      else way.onRefused()
    }
    return undefined
  }

  async function readSome(ids: readonly Id[]): Promise<Found<Id, T> | undefined> {
    for (const way of ways) {
      const found = await readBy(way, ids)
      if (found !== undefined) return found
    }
    return undefined
  }

  async function readAll(questions: readonly Question<Id, T>[]): Promise<void> {
    let left = questions
    while (left.length > 1) {
      const found = await readSome(left.map(({ id }) => id))
      if (found === undefined) break
      for (const { id, answer } of left.slice(0, found.count))
        answer.resolve(found.values.get(id) ?? found.notFound ?? notFound)
      left = left.slice(found.count)
    }
    await mapConcurrently(left, singlesAtOnce, async ({ id, answer }) => {
      await readOne(id).then(answer.resolve, answer.reject)
    })
  }

  async function work(): Promise<void> {
    // What is asked for in the same turn goes together.
    await Promise.resolve()
    while (waiting.length > 0) {
      const questions = waiting
      waiting = []
      const reading = readAll(questions).catch((error: unknown) => {
        for (const { answer } of questions) answer.reject(error)
      })
      await patience.run(() => reading, outOfPatience).catch(() => undefined)
    }
    isReading = false
  }

  return (id, { signal }) => {
    const answer = deferred<T>()
    waiting.push({ id, answer })
    if (!isReading) {
      isReading = true
      void work()
    }
    return raceSignal(answer.promise, signal)
  }
}

const patienceIsOver = new Error('The next ones are read meanwhile.')
const outOfPatience = (): Error => patienceIsOver
