import type { AdjudicatorLog, ChannelId, TransactionHash } from '@perun-watcher/core'
import type { Household } from '../parties/household.ts'
import type { LedgerBlock } from '../world/ledger.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import type { RunOutcome } from './outcome.ts'

/** Where a block comes with each transaction, the engine takes them to be as far apart as on Ethereum. */
const usualBlockMs = 12_000

/** It, and the one that took its place. */
const perFirstAnswer = 2

/** What was put in the place of something older in one window of a channel. */
interface Window {
  readonly channelId: ChannelId
  /** As the record tells it, in seconds: it stays where it is. */
  readonly timeout: bigint
  readonly fromMs: number
  untilMs: number
  /** Transactions of ours that did. */
  answers: number
}

/**
 * A client who publishes without pause makes the watcher register the logarithm of the window: once for each time that others
 * registered something of the family, and then as often as the window can be halved. A restart forgets what was an answer of
 * ours, and a reorg takes it back: then a first answer is due again. A restart forgets as well how often it was improved: what
 * is left of the window may be halved anew. And a first answer may be included together with the
 * newer one that took its place. While somebody waits for the dispute to end, nothing waits for half of the time, so often as that
 * could be halved; what comes after that is halved all the same. A transaction that replaces the states of several channels counts for one of them.
 */
export function checkImprovements(outcome: RunOutcome): readonly string[] {
  return outcome.households.flatMap((household) => {
    const accounts = accountsOf(outcome, household)
    return accounts.flatMap(({ window, most, threats }) => {
      if (window.answers <= most) return []
      const what = `${short(window.channelId)} was registered ${window.answers} times until ${window.untilMs / 1000} s`
      return [`${what}, at most ${most} for ${threats} registrations of others`]
    })
  })
}

interface Account {
  readonly window: Window
  readonly threats: number
  readonly most: number
}

function accountsOf(outcome: RunOutcome, household: Household): readonly Account[] {
  const { ledger, tempo } = outcome
  const ids = new Set(household.family.channels.map(({ id }) => id))
  const { windows, replacements } = windowsOf(ledger.blocks, ids)
  const usualMs = tempo.blocks === undefined ? usualBlockMs : (tempo.blocks.leastMs + tempo.blocks.mostMs) / 2
  const accounts = new Map(
    windows.map((window) => {
      const threats = threatsIn(window, ledger.blocks, ids)
      const restarts = restartsIn(window, outcome)
      const firstAnswers = threats + restarts.length + reorgsIn(window, outcome)
      const blockMs = Math.min(usualMs, paceIn(window, ledger.blocks))
      const halved = halvingsIn(window, household, restarts, blockMs)
      const most = perFirstAnswer * firstAnswers + 1 + (isAwaited(window, household) ? 2 : 1) * halved
      return [window, { window, threats, most }] as const
    }),
  )
  const roomOf = (window: Window): number => (accounts.get(window)?.most ?? 0) - window.answers
  for (const replaced of replacements.values()) {
    const roomiest = replaced.reduce((best, each) => (roomOf(each) > roomOf(best) ? each : best))
    roomiest.answers += 1
  }
  return [...accounts.values()]
}

/** Of the whole window, and of what was left of it with each restart. */
function halvingsIn(
  { channelId, timeout }: Window,
  { family }: Household,
  restarts: readonly number[],
  blockMs: number,
): number {
  const seconds = family.channels.find(({ id }) => id === channelId)?.params.challengeDuration ?? 0n
  const lengths = [Number(seconds) * 1_000, ...restarts.map((atMs) => millisecondsOf(timeout) - atMs)]
  return lengths.reduce((sum, ms) => sum + halvings(ms / blockMs), 0)
}

/** Whether a client has asked to stop a channel of the family, and waits for that. */
function isAwaited({ fromMs, untilMs }: Window, { clients }: Household): boolean {
  return clients.some(({ stops }) =>
    stops.some(({ askedMs, answeredMs = untilMs }) => askedMs <= untilMs && answeredMs >= fromMs),
  )
}

/** Times between blocks, of which the engine takes the middle. */
const timesRemembered = 5

/** How fast blocks may have seemed to come in a window: of any few in a row the middle, in milliseconds. */
function paceIn({ fromMs, untilMs }: Window, blocks: readonly LedgerBlock[]): number {
  const times = blocks.map(({ timestamp }) => millisecondsOf(timestamp)).filter((ms) => ms <= untilMs)
  const between = times.slice(1).map((ms, at) => ({ ms, lengthMs: Math.max(1_000, ms - (times[at] ?? ms)) }))
  return between.reduce((fastest, { ms }, at) => {
    if (ms < fromMs || at + 1 < timesRemembered) return fastest
    const few = between.slice(at + 1 - timesRemembered, at + 1).map(({ lengthMs }) => lengthMs)
    const middle = few.toSorted((a, b) => a - b)[Math.floor(timesRemembered / 2)] ?? fastest
    return Math.min(fastest, middle)
  }, Number.POSITIVE_INFINITY)
}

function halvings(blocks: number): number {
  return blocks <= 1 ? 0 : Math.ceil(Math.log2(blocks))
}

interface Windows {
  readonly windows: readonly Window[]
  /** For each transaction of ours the windows in which it replaced something. */
  readonly replacements: ReadonlyMap<TransactionHash, readonly [Window, ...Window[]]>
}

/** Of the final chain. */
function windowsOf(blocks: readonly LedgerBlock[], ids: ReadonlySet<ChannelId>): Windows {
  const windows: Window[] = []
  const open = new Map<ChannelId, Window>()
  const versions = new Map<ChannelId, bigint>()
  const replacements = new Map<TransactionHash, readonly [Window, ...Window[]]>()

  function windowOf({ channelId, timeout, block }: AdjudicatorLog): Window {
    const known = open.get(channelId)
    if (known?.timeout === timeout) return known
    const atMs = millisecondsOf(block.timestamp)
    const window = { channelId, timeout, fromMs: atMs, untilMs: atMs, answers: 0 }
    windows.push(window)
    open.set(channelId, window)
    return window
  }

  for (const block of blocks) {
    const ours = oursIn(block)
    for (const log of block.logs.filter(({ channelId, phase }) => ids.has(channelId) && phase === 'dispute')) {
      const { channelId, version, transactionHash } = log
      const window = windowOf(log)
      if (versions.get(channelId) === version) continue
      versions.set(channelId, version)
      window.untilMs = millisecondsOf(block.timestamp)
      if (!ours.has(transactionHash)) continue
      replacements.set(transactionHash, [window, ...(replacements.get(transactionHash) ?? [])])
    }
  }
  return { windows, replacements }
}

function oursIn({ transactions }: LedgerBlock): ReadonlySet<TransactionHash> {
  return new Set(transactions.filter(({ byWatcher }) => byWatcher).map(({ hash }) => hash))
}

/** What others registered of the family from before the window on: whatever it was, a tree with this channel answers it. */
function threatsIn({ fromMs, untilMs }: Window, blocks: readonly LedgerBlock[], ids: ReadonlySet<ChannelId>): number {
  return blocks
    .filter(({ timestamp }) => millisecondsOf(timestamp) >= fromMs && millisecondsOf(timestamp) <= untilMs)
    .reduce((sum, block) => {
      const ours = oursIn(block)
      const theirs = block.logs.filter(
        ({ channelId, transactionHash }) => ids.has(channelId) && !ours.has(transactionHash),
      )
      return sum + new Set(theirs.map(({ transactionHash }) => transactionHash)).size
    }, 0)
}

/** When the watcher was started within a window. */
function restartsIn({ fromMs, untilMs }: Window, { uptimes }: RunOutcome): readonly number[] {
  return uptimes.map((uptime) => uptime.fromMs).filter((atMs) => atMs > fromMs && atMs <= untilMs)
}

function reorgsIn({ fromMs, untilMs }: Window, { ledger }: RunOutcome): number {
  return ledger.heads.filter(
    (head, at) =>
      millisecondsOf(head.timestamp) > fromMs &&
      millisecondsOf(head.timestamp) <= untilMs &&
      head.parent !== undefined &&
      head.parent !== ledger.heads[at - 1],
  ).length
}
