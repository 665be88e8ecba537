import type { DisputeAction, Problem, Threat } from '../../dispute/decide.ts'
import type { FamilyView } from '../../dispute/family.ts'
import { isInDoubt } from '../../dispute/record-rules.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import { isWatcherError, toError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { EndangeredReason } from '../../model/events.ts'
import type { ChainTime, OnChainRecord } from '../../model/ledger.ts'
import { identityOf, standsFor } from '../../model/state-identity.ts'
import type { Inclusion } from '../../spi/chain.ts'
import type { Logger } from '../../spi/runtime.ts'
import type { ChainClock } from '../chain/chain-clock.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { Notifier } from '../notifications/notifier.ts'

/** Notifies clients of how a dispute goes: that it is answered, or why it is not. */
export interface DisputeWarnings {
  /** Problems that a decision found. */
  raise(family: FamilyView, problems: readonly Problem[]): void
  /** An attempt failed for the `failures`-th time in a row. */
  failed(action: DisputeAction, error: unknown, failures: number): void
  /** Less than a quarter of the window is left and nothing is included; `isSent`: but a node has taken it. */
  late(action: DisputeAction, isSent: boolean): void
  /** A transaction of ours put our states where these stood. */
  refuted(threats: readonly Threat[], inclusion: Inclusion): void
  /** The chain cannot be followed while an older state may be registered. */
  blind(id: ChannelId, cause: Error): void
  /** A risk that was accepted with the channel. */
  shortSubWindow(id: ChannelId, detail: string): void
}

const problemDetails: Readonly<Record<EndangeredReason, string>> = {
  'sub-channel-unknown': 'Start watching the locked channel, or the newest state that locks it cannot be registered.',
  'state-unknown': 'The registered state must be repeated exactly; publish it, or ask the other participants for it.',
  'lock-mismatch': 'The funds of the locked channel differ from the lock; the adjudicator refuses such a tree.',
  'tree-too-large': 'Too many locked channels for one registration; settle some of them.',
  'same-version': 'Everybody signed two states with this version; only a state with a higher version helps.',
  unreachable: 'The transaction cannot be sent; it is tried again. Check the RPC endpoint.',
  underfunded: 'The account of the watcher cannot pay; send funds to it.',
  reverted: 'The adjudicator refuses the registration; a new one is being planned.',
  late: 'No refutation is included yet.',
  'too-late': 'The challenge window closed with an older state; it can no longer be replaced.',
  'short-sub-window': 'Refutations are made before the sub-channel can be force-executed; keep the watcher online.',
  'history-cut': 'Settle the channel and open it anew, or keep its states at hand for when one is asked for.',
  'store-failing': 'The store cannot be written; answers go out without it near their deadline. Check disk and store.',
  'budget-exceeded': 'An answer stands, though not the newest; ask the operator for a larger budget.',
  other: 'Update this program.',
}

const sent = 'It was sent, and its fees rise towards the cap.'
const notSent = 'Nothing is known to be sent: it waits for others, for money, or for an endpoint that takes it.'

/** What keeps a transaction from being recorded. */
const storeCodes: ReadonlySet<ErrorCode> = new Set([
  'STORE_FAILED',
  'STORE_FULL',
  'STORE_CLOSED',
  'STORE_CORRUPT',
  'STORE_LOCKED',
  'STORE_ACCESS_DENIED',
])

function reasonOf(error: unknown): EndangeredReason {
  if (!isWatcherError(error)) return 'unreachable'
  if (error.code === 'ACCOUNT_UNDERFUNDED') return 'underfunded'
  if (error.code === 'DEADLINE_PASSED') return 'late'
  if (error.code === 'BUDGET_EXCEEDED') return 'budget-exceeded'
  if (error.code === 'TREE_TOO_LARGE') return 'tree-too-large'
  if (storeCodes.has(error.code)) return 'store-failing'
  return error.code === 'REGISTER_REVERTED' ? 'reverted' : 'unreachable'
}

/** Outcomes not worth a warning by themselves: the next decision shows what follows from them. */
function isOrdinary(error: unknown, failures: number): boolean {
  if (!isWatcherError(error)) return false
  // Most likely somebody else's transaction came first; a new plan follows at once.
  return (error.code === 'DEADLINE_PASSED' || error.code === 'REGISTER_REVERTED') && failures < 2
}

/** Something else was concluded, and ours would have been the newer one. */
function isLost(record: OnChainRecord | undefined, newest: HeldState): boolean {
  return record?.phase === 'concluded' && record.version <= newest.state.version && !standsFor(record, newest)
}

export interface DisputeWarningsDeps {
  readonly index: ChannelIndex
  readonly chainClock: Pick<ChainClock, 'estimate'>
  readonly notifier: Notifier
  readonly logger: Logger
}

export function disputeWarnings({ index, chainClock, notifier, logger }: DisputeWarningsDeps): DisputeWarnings {
  function warn(channelId: ChannelId, reason: EndangeredReason, deadline: ChainTime | undefined, cause: string): void {
    const entry = index.get(channelId)
    if (entry === undefined) return
    notifier.warn({
      type: 'endangered',
      channelId,
      reason,
      version: entry.version,
      registeredVersion: entry.record?.version,
      deadline,
      secondsLeft: secondsUntil(deadline),
      detail: [cause, problemDetails[reason]].filter((text) => text !== '').join(' '),
    })
  }

  function secondsUntil(deadline: ChainTime | undefined): bigint | undefined {
    const now = chainClock.estimate
    return deadline === undefined || now === undefined ? undefined : deadline - now
  }

  /** The state that is in the way of a problem, where somebody can give it to us. */
  function askFor({ channels }: FamilyView, { channelId, blockedBy = channelId, deadline }: Problem): void {
    const record = index.get(blockedBy)?.record
    // One participant alone may have signed what the app was played to: nobody can publish that.
    if (record?.stateHash === undefined || record.phase === 'forceExec') return
    const { version, stateHash } = record
    if (channels.get(blockedBy)?.candidates.some(({ hash }) => hash === stateHash)) return
    const secondsLeft = secondsUntil(deadline)
    notifier.askForState(
      { type: 'stateNeeded', channelId: blockedBy, version, stateHash, deadline, secondsLeft },
      channelId,
    )
  }

  function warnAll(threats: readonly Threat[], reason: EndangeredReason, cause: string): void {
    for (const { channelId, deadline } of threats) warn(channelId, reason, deadline, cause)
  }

  return {
    raise(family, problems) {
      for (const problem of problems) {
        const { channelId, reason, deadline, blockedBy } = problem
        if (reason === 'state-unknown') askFor(family, problem)
        warn(channelId, reason, deadline, blockedBy === undefined ? '' : `Channel ${blockedBy} is in the way.`)
      }
      const endangered = new Set(problems.flatMap(({ channelId, blockedBy = channelId }) => [channelId, blockedBy]))
      for (const { id, record, newest } of family.channels.values()) {
        const isSafe = !isInDoubt(record, identityOf(newest)) && !isLost(record, newest)
        if (isSafe && !endangered.has(id)) notifier.clearWarnings(id)
      }
    },
    failed(action, error, failures) {
      logger.warn('Refutation failed', { channel: action.channel.state.channelId, failures }, error)
      if (isOrdinary(error, failures)) return
      const cause = isWatcherError(error) ? error.shortMessage : toError(error).message
      warnAll(action.threats, reasonOf(error), cause)
    },
    late(action, isSent) {
      warnAll(action.threats, 'late', isSent ? sent : notSent)
    },
    refuted(threats, { transactionHash, block }) {
      for (const { channelId, answerVersion, deadline } of threats) {
        const secondsLeft = deadline - block.timestamp
        logger.info('Refuted', { channel: channelId, version: answerVersion, transactionHash, secondsLeft })
        notifier.notify({ type: 'refuted', channelId, version: answerVersion, transactionHash, secondsLeft })
      }
    },
    blind(id, cause) {
      warn(id, 'unreachable', index.get(id)?.record?.timeout, cause.message.split('\n')[0] ?? '')
    },
    shortSubWindow(id, detail) {
      warn(id, 'short-sub-window', undefined, detail)
    },
  }
}
