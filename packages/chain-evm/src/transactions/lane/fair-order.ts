import { assertNever, type SendRank } from '@perun-watcher/core/adapter'
import type { Job } from './job.ts'

/** Who gets a place next, as pure functions. A job that does not say what it is for counts as a first answer of nobody. */

/** How many places each client holds; a job of several clients counts for each. */
export type Holdings = ReadonlyMap<string, number>

const clientsOf = ({ request: { purpose } }: Job): readonly string[] => purpose?.clients ?? []
export const rankOf = ({ request: { purpose } }: Job): SendRank => purpose?.rank ?? 'first-answer'

export function holdingsOf(jobs: Iterable<Job>): Holdings {
  const holdings = new Map<string, number>()
  for (const job of jobs) for (const client of clientsOf(job)) holdings.set(client, (holdings.get(client) ?? 0) + 1)
  return holdings
}

/** The places of that one of its clients which holds fewest: nobody's job waits because somebody else is enrolled with it, too. */
function held(job: Job, holdings: Holdings): number {
  const counts = clientsOf(job).map((client) => holdings.get(client) ?? 0)
  return counts.length === 0 ? 0 : Math.min(...counts)
}

function weight(rank: SendRank): number {
  switch (rank) {
    case 'first-answer':
      return 0
    case 'improvement':
      return 1
    case 'settlement':
      return 2
    default:
      return assertNever(rank)
  }
}

/**
 * First answers before improvements; among those, whoever holds fewest places, so that one client's many channels take turns
 * with another's only one; and of one client the nearest deadline.
 */
export function compareJobs(a: Job, b: Job, holdings: Holdings): number {
  return (
    weight(rankOf(a)) - weight(rankOf(b)) || held(a, holdings) - held(b, holdings) || Number(compareDeadlines(a, b))
  )
}

function compareDeadlines({ request: a }: Job, { request: b }: Job): -1 | 0 | 1 {
  return a.deadline < b.deadline ? -1 : a.deadline > b.deadline ? 1 : 0
}

/** First answers first, then by deadline: the order of nonces. */
export function compareUrgency(a: Job, b: Job): number {
  return weight(rankOf(a)) - weight(rankOf(b)) || compareDeadlines(a, b)
}

/** One in so many places of each lane is in reserve, for those who hold less than that share of all places. */
const reserveShare = 8

/**
 * Up to which load a lane takes a job: what improves or settles leaves half of a lane to first answers, and whoever holds
 * much leaves the reserve to those who hold little.
 *
 * @param places of one lane.
 * @param lanes how many there are.
 */
export function placesFor(job: Job, holdings: Holdings, places: number, lanes: number): number {
  if (rankOf(job) !== 'first-answer') return Math.max(1, Math.floor(places / 2))
  const holdsLittle = held(job, holdings) * reserveShare < places * lanes
  return holdsLittle ? places : places - Math.floor(places / reserveShare)
}
