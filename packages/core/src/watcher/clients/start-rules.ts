import { lockMatches } from '../../dispute/lock-rules.ts'
import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { Params, SignedState, State } from '../../model/channel.ts'
import type { AdjudicatorRules } from '../../spi/chain.ts'
import { checkIndexMap } from '../../validation/check-state.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'

/**
 * Whether a channel may be watched under the parent that the client names. A channel that is not funded on the ledger can
 * only be registered below another one (contract: `not ledger`), so it needs a parent; a ledger channel stands by itself.
 *
 * @throws WatcherError `PARENT_REQUIRED`, `PARENT_NOT_ALLOWED` or `PARENT_UNKNOWN`.
 */
export function checkParent(
  index: Pick<ChannelIndex, 'get'>,
  id: ChannelId,
  params: Params,
  { client, parent }: { readonly client: ClientName; readonly parent: ChannelId | undefined },
): void {
  if (parent === undefined) {
    if (params.ledgerChannel) return
    throw new WatcherError('PARENT_REQUIRED', 'A channel that is not a ledger channel needs a parent.', {
      details: [`Channel ${id} has ledgerChannel = false.`],
    })
  }
  if (params.ledgerChannel && !params.virtualChannel) {
    throw new WatcherError('PARENT_NOT_ALLOWED', 'A ledger channel has no parent.', {
      details: [`Channel ${id} was given the parent ${parent}.`],
    })
  }
  if (parent === id) {
    throw new WatcherError('PARENT_NOT_ALLOWED', 'A channel cannot be its own parent.', { details: [`Channel ${id}.`] })
  }
  // By the same client: whoever hangs a channel below another one fills its tree, and holds up its disputes.
  if (!index.get(parent)?.clients.includes(client)) {
    throw new WatcherError('PARENT_UNKNOWN', 'The client does not watch the parent channel.', {
      details: [`Client ${client}, parent ${parent}.`],
    })
  }
}

/**
 * Asked of channels that nobody guards yet: what was accepted stays accepted.
 *
 * @param shortest in seconds.
 * @throws WatcherError `CHALLENGE_DURATION_OUT_OF_RANGE`
 */
export function checkWindow({ challengeDuration }: Params, shortest: bigint): void {
  if (challengeDuration >= shortest) return
  throw new WatcherError('CHALLENGE_DURATION_OUT_OF_RANGE', 'The watcher takes no channel with so short a window.', {
    details: [`The challenge duration is ${challengeDuration} s, the shortest that is taken ${shortest} s.`],
  })
}

export interface Funds {
  /** Ledger channels that are guarded. */
  readonly guarded: number
  /** Registrations that the accounts could pay for; `undefined`: nobody knows. */
  readonly payable: number | undefined
  /** For how many percent of what is guarded they must suffice. */
  readonly percent: number
}

/**
 * A ledger channel that nobody guards yet needs a registration of its own, which the accounts have to be able to pay for on top
 * of all others: what was accepted must be kept. How many there are is nobody's business but the operator's.
 *
 * @throws WatcherError `ACCOUNT_UNDERFUNDED`
 */
export function checkFunds({ guarded, payable, percent }: Funds): void {
  if (payable === undefined || payable * 100 >= (guarded + 1) * percent) return
  throw new WatcherError('ACCOUNT_UNDERFUNDED', 'The watcher could not pay for guarding one more ledger channel.', {
    details: ['What it guards already has first claim on the accounts.'],
  })
}

/**
 * A channel below another one shares at least one participant with it: its funds come from there. Keeps strangers from
 * hanging channels of their own below somebody else's.
 *
 * @throws WatcherError `PARENT_NOT_ALLOWED`
 */
export function checkKinship(parent: Params, id: ChannelId, params: Params): void {
  const relatives = new Set<string>(parent.participants.map(({ address }) => address))
  if (params.participants.some(({ address }) => relatives.has(address))) return
  throw new WatcherError('PARENT_NOT_ALLOWED', 'The channel and its parent have no participant in common.', {
    details: [`Channel ${id}.`],
  })
}

/**
 * Whether the lock in the parent's newest state, if there is one yet, fits the channel.
 *
 * @param newest of each line of the parent: it is enough that one of them locks the channel as it is.
 * @throws WatcherError `INDEX_MAP_INVALID` or `LOCK_MISMATCH`
 */
export function checkLockInParent(newest: readonly State[], { params, state }: SignedState): void {
  const locking = newest.flatMap((parent) => {
    const lock = parent.outcome.locked.find((each) => each.channelId === state.channelId)
    return lock === undefined ? [] : [{ parent, lock }]
  })
  const fitting = locking.find(({ parent, lock }) => lockMatches(parent, lock, state))
  const judged = fitting ?? locking[0]
  if (judged === undefined) return
  checkIndexMap(judged.lock, params.participants.length)
  if (fitting !== undefined) return
  throw new WatcherError('LOCK_MISMATCH', 'The channel does not have the funds that its parent locks for it.', {
    details: [`Channel ${state.channelId}, locked by ${judged.parent.channelId}.`],
  })
}

/**
 * A sub-channel with an app and a shorter challenge duration than its root can be force-executed while the root is still
 * refutable. Its record then stands for a state that only one participant signed, which no registration can repeat, and
 * the root cannot be refuted any more.
 */
export function hasShortWindow(params: Params, root: Params, { apps }: Pick<AdjudicatorRules, 'apps'>): boolean {
  return apps && params.app !== undefined && params.challengeDuration < root.challengeDuration
}
