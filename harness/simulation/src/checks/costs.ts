import type { ChannelId } from '@perun-watcher/core'
import { acknowledgedIn, type Household } from '../parties/household.ts'
import type { LedgerBlock, LedgerTransaction } from '../world/ledger.ts'
import { short } from '../world/trace.ts'
import type { RunOutcome } from './outcome.ts'

/** So many transactions of ours answer one of the others', or a new state of the client's, at most. */
const perMove = 2
/** What failures and reorgs cost besides, in any run. */
const allowance = 10
/** What each restart costs besides: that a conclusion is refused, again and again, is known in memory only. */
const perRestart = 4

/** An opponent must not be able to make the watcher spend without spending as much. */
export function checkCosts({ households, ledger, uptimes }: RunOutcome): readonly string[] {
  const restarts = Math.max(0, uptimes.length - 1)
  return households.flatMap((household) => {
    const ids = new Set(household.family.channels.map(({ id }) => id))
    const ours = ledger.blocks.flatMap(({ transactions }) => transactions.filter(isOursFor(ids)))
    const theirs = ledger.blocks.reduce((sum, block) => sum + movesOfOthers(block, ids), 0)
    // What a client publishes while something stands is registered as well.
    const given = new Set(acknowledgedIn(household).map(({ signed }) => signed)).size
    if (ours.length <= perMove * (theirs + given) + allowance + perRestart * restarts) return []
    const cause = `${theirs} moves of others and ${given} new states`
    return [`${short(rootOf(household))}: ${ours.length} transactions of ours answered ${cause}`]
  })
}

const rootOf = ({ family }: Household): ChannelId => family.root.id

function isOursFor(ids: ReadonlySet<ChannelId>): (transaction: LedgerTransaction) => boolean {
  // The root comes first: what is sent for a root of somebody else's is not the family's doing.
  return ({ byWatcher, calldata: [root] }) => byWatcher && root !== undefined && ids.has(root.state.channelId)
}

function movesOfOthers({ transactions, logs }: LedgerBlock, ids: ReadonlySet<ChannelId>): number {
  const touching = new Set(logs.filter(({ channelId }) => ids.has(channelId)).map((log) => log.transactionHash))
  return transactions.filter(({ byWatcher, hash }) => !byWatcher && touching.has(hash)).length
}
