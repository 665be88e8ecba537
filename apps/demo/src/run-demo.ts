import type { AbortOptions } from '@perun-watcher/core'
import type { OpenChain, OpenedChain } from '@perun-watcher/daemon/internal'
import { addressOf, type Devnet, startDevnet } from '@perun-watcher/devnet'
import { openCast, openChannels, watcherKey } from './acts/open.ts'
import { type Board, board } from './board.ts'
import { chainClock, type Pace, secondsPerBlock } from './chain-clock.ts'
import { type DemoContracts, devnetContracts } from './contracts.ts'
import { course } from './course.ts'
import type { DemoEvent, Summary, Verdict } from './demo-event.ts'
import { startGuard } from './guard.ts'
import { summarize } from './judge.ts'
import type { Scenario } from './model.ts'
import { play } from './play.ts'
import { timeLimit } from './time-limit.ts'

export interface DemoOptions extends AbortOptions {
  /** How the watcher reaches the chain, and what that is called. */
  readonly chain: { readonly name: string; readonly open: OpenChain }
  /** What the chain runs on. Default: the devnet's contracts. */
  readonly contracts?: DemoContracts | undefined
  readonly scenarios: readonly Scenario[]
  readonly pace: Pace
  readonly onEvent: (event: DemoEvent) => void
  /** Milliseconds in which the watcher must have refuted everything. Default: 30 000. */
  readonly patienceMs?: number | undefined
  /** Milliseconds after which the demo as a whole counts as stuck. Default: 90 000. */
  readonly limitMs?: number | undefined
}

const defaults = { patienceMs: 30_000, limitMs: 90_000 } as const

/** Seconds of chain time: 25 blocks. */
const challengeDuration = 300n

/** Blocks are mined by the demo's clock. */
const ownTime = { automine: false, secondsPerBlock: Number(secondsPerBlock) }

/** Blocks of the demo come faster than on any real chain. */
const pollIntervalMs = 40

/**
 * Plays all scenarios at once on a chain of its own with one watcher, and ends whatever it started.
 *
 * @returns the summary, which was also the last event. Cheats that succeed are no error: the summary says so.
 * @throws DemoError `DEMO_STALLED` if it does not come to an end, and whatever the chain or the watcher throws.
 */
export async function runDemo(options: DemoOptions): Promise<Summary> {
  const startedAt = performance.now()
  const { chain, contracts = devnetContracts, limitMs = defaults.limitMs } = options
  const sofar = course()
  const news = board((event) => {
    sofar.follow(event)
    options.onEvent(event)
  })
  using limit = timeLimit(limitMs, () => sofar.act ?? 'starting the chain')
  const signal = AbortSignal.any([limit.signal, ...(options.signal === undefined ? [] : [options.signal])])

  const { verdicts, blocks } = await perform({ ...options, contracts }, news, signal)
  // Only now, when the watcher has ended, nothing can come after it.
  const { refusals, atStake } = sofar
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  const facts = { chain: chain.name, contract: contracts.name, verdicts, refusals, atStake, blocks, seconds }
  const summary = summarize(facts)
  news.emit(summary)
  return summary
}

/** Starts everything, plays, and ends everything again, however the play went. */
async function perform(
  { chain, contracts, scenarios, pace, patienceMs = defaults.patienceMs }: DemoOptions & { contracts: DemoContracts },
  board: Board,
  signal: AbortSignal,
): Promise<{ readonly verdicts: readonly Verdict[]; readonly blocks: bigint }> {
  signal.throwIfAborted()
  await using devnet = await startDevnet({ ...ownTime, code: contracts.code })
  await using opened = await openOn(devnet, chain.open)
  const clock = await chainClock(devnet, board, { pace, signal })
  await using guard = await startGuard(opened.chain, board, signal)
  board.emit({
    type: 'started',
    chain: chain.name,
    chainId: devnet.chainId,
    contract: contracts.name,
    rpcUrl: devnet.rpcUrl,
    adjudicator: devnet.contracts.adjudicator,
    account: addressOf(watcherKey),
    secondsPerBlock,
    window: challengeDuration,
  })
  board.emit({ type: 'act', act: 'opening' })
  const cast = await openCast(devnet, challengeDuration)
  const staged = await openChannels(scenarios, cast, { clock, board })
  const verdicts = await play({ devnet, clock, board, guard, cast, staged }, { patienceMs })
  return { verdicts, blocks: clock.block }
}

/** The watcher closes the backend; what lies below it is closed after that. */
async function openOn(devnet: Devnet, open: OpenChain): Promise<AsyncDisposable & { readonly chain: OpenedChain }> {
  const chain = await open({
    rpcUrls: [devnet.rpcUrl],
    chainId: BigInt(devnet.chainId),
    adjudicator: devnet.contracts.adjudicator,
    privateKeys: [watcherKey],
    pollIntervalMs,
  })
  return { chain, [Symbol.asyncDispose]: () => chain.close() }
}
