import { effectiveTip } from '../truth/transaction.ts'
import type { Facts } from './facts.ts'
import { ownTransactions } from './own-transactions.ts'

/** No offer is above the operator's cap. */
export function excessiveOffers({ offers, cap }: Facts): readonly string[] {
  const above = offers.filter(
    ({ maxFeePerGas, maxPriorityFeePerGas }) => maxFeePerGas > cap || maxPriorityFeePerGas > cap,
  )
  return above.length === 0 ? [] : [`${above.length} offers above the cap`]
}

/**
 * Per old state on the chain: one first answer, and as many improvements as the window can be halved (design §10). What fails, as
 * where heads are told late, has a bound of its own.
 */
export function needlessTransactions(facts: Facts): readonly string[] {
  const { plan, registrations } = facts
  const halvings = Math.ceil(Math.log2((Number(plan.durationSeconds) * 1_000) / plan.tempo.blockMs))
  // A crash or a reorg between sending and seeing may cost one more each.
  const slack = plan.reorgs.length + plan.crashes.length + 1
  const own = ownTransactions(facts).filter(({ succeeded }) => succeeded)
  return [...facts.guarded, ...facts.floods].flatMap(({ id }) => {
    const count = own.filter(({ channelId }) => channelId === id).length
    const most = Math.max(1, registrations(id)) * (1 + halvings) + slack
    return count <= most ? [] : [`costly: ${count} transactions for ${id.slice(2, 8)}, at most ${most}`]
  })
}

/** What fails is not tried over and over. */
export function failedTransactions(facts: Facts): readonly string[] {
  const { plan, guarded, floods } = facts
  const failed = ownTransactions(facts).filter(({ succeeded }) => !succeeded).length
  // One, and after it the logarithm of the time: the first pause is of sixteen blocks of Ethereum, each is four times the last.
  const inTime = Math.max(3, 1 + Math.ceil(Math.log2(plan.endMs / 192_000) / 2))
  // How often a payment was refused is only in memory: after a restart it is tried at once, and the pauses begin anew.
  const perChannel = inTime + 2 * plan.crashes.length
  const most = perChannel * (guarded.length + floods.length) + plan.reorgs.length
  return failed <= most ? [] : [`costly: ${failed} transactions failed, at most ${most}`]
}

const gwei = 1_000_000_000n

/** On a quiet chain, with half of the window left, nobody pays many times the market. */
export function overpaid(facts: Facts): readonly string[] {
  const { plan, market, chain } = facts
  // A reorg gives a dispute a window of its own; the offer may be for the one before.
  if (plan.spikes.length > 0 || plan.drops.length > 0 || plan.reorgs.length > 0) return []
  return ownTransactions(facts).flatMap(({ transaction, block, channelId }) => {
    const timeout = channelId === undefined ? undefined : chain.head.disputes.get(channelId)?.timeout
    const isEarly = timeout !== undefined && (timeout - block.timestamp) * 2n > plan.durationSeconds
    const price = block.baseFee + effectiveTip(transaction, block.baseFee)
    const suggested = market.tipSuggested(block.atMs)
    const usual = block.baseFee + (suggested > gwei ? suggested : gwei)
    return !isEarly || price <= 5n * usual ? [] : [`overpaid: ${price} wei per gas where ${usual} is usual`]
  })
}

/** How long it is at least between two readings of a round: after 4 s, a quarter of a minute, and a minute. */
const secondReadingPausesMs = [4_000, 10_000, 30_000]

/** Requests per block while nothing of ours happens: two, and what the sweep and the second reading may take. */
export function chattiness(facts: Facts): readonly string[] {
  const { plan, asked } = facts
  // Slower chains are looked at more often than they make blocks.
  if (plan.theme !== 'calm' || plan.tempo.blockMs > 12_000) return []
  const fromMs = 45_000
  const untilMs = plan.cheating.fromMs
  const spanMs = untilMs - fromMs
  const blocks = spanMs / plan.tempo.blockMs
  const sweeps = 8 * plan.channels
  const quiet = asked.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).map(({ method }) => method)
  // Head and logs of each block; a look at the head of each further endpoint, and one for each further announcement, since
  // nobody knows which block that is of.
  const announcers = plan.endpoints.filter(({ announces }) => announces).length
  const perBlock = 2.2 + (plan.endpoints.length - 1) + Math.max(0, announcers - 1)
  // Blocks are read again in rounds, each no more often than once per block and per pause (the budget of second readings).
  const again = secondReadingPausesMs.reduce((sum, ms) => sum + spanMs / Math.max(ms, plan.tempo.blockMs), 0)
  const most = Math.ceil(perBlock * blocks + again) + sweeps + 10
  if (quiet.length <= most) return []
  return [
    `chatty: ${quiet.length} requests in ${Math.round(blocks)} blocks without an event, at most ${most} (${perMethod(quiet)})`,
  ]
}

function perMethod(methods: readonly string[]): string {
  const counts = [...new Set(methods)].map((name) => `${methods.filter((each) => each === name).length} ${name}`)
  return counts.join(', ')
}

const hourMs = 3_600_000

/** While nothing answers, nothing piles up, and nobody asks more and more often. */
export function growth(facts: Facts): readonly string[] {
  const { plan } = facts
  if (plan.theme !== 'longNight') return []
  const earlyMs = plan.cheating.fromMs + hourMs
  const lateMs = plan.endMs - hourMs
  return [...piles(facts, earlyMs, lateMs), ...haste(facts, earlyMs, lateMs)]
}

function piles({ loads }: Facts, earlyMs: number, lateMs: number): readonly string[] {
  const early = loads.find(({ atMs }) => atMs > earlyMs)
  const late = loads.findLast(({ atMs }) => atMs < lateMs)
  if (early === undefined || late === undefined) return []
  const sum = ({ sleeps, requests, tasks }: typeof late): number => sleeps + requests + tasks
  return sum(late) <= sum(early) + 10
    ? []
    : [`grows: ${sum(early)} things under way after an hour, ${sum(late)} in the end`]
}

function haste({ asked }: Facts, earlyMs: number, lateMs: number): readonly string[] {
  const inHour = (fromMs: number): readonly string[] =>
    asked.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + hourMs).map(({ method }) => method)
  const [early, late] = [inHour(earlyMs), inHour(lateMs - hourMs)]
  // Services that refuse most let a few through, by chance, and each answer leads to other questions. What grows with every
  // hour is more than that in the end.
  return late.length <= 2 * early.length + 10
    ? []
    : [`grows: requests in the second hour without an answer: ${perMethod(early)}; in the last: ${perMethod(late)}`]
}
