import type { SignedState } from '@perun-watcher/core'
import { concludableAt } from './contract/conclude.ts'
import type { Notary } from './contract/notary.ts'
import type { ContractRecord, Records } from './contract/records.ts'

/**
 * Until when a registration must be included to be worth anything, if the other side replies as well as it can: the first
 * instant at which one of its moves makes the contract refuse the tree, or settles an older state.
 *
 * - A record that the tree replaces takes nothing from its timeout on.
 * - A channel with an app may be played by one participant alone from its timeout on; what is played fits into no tree.
 * - A registered root is concluded with all below it, whatever their windows say: at its timeout, or, with an app, one
 *   duration later, unless its app is ended by a play before, which is possible from the timeout on.
 *
 * @returns `undefined`: nothing that is known sets an end.
 */
export function lastInstant(
  notary: Pick<Notary, 'stateHash'>,
  records: Records,
  [root, ...subs]: readonly [SignedState, ...SignedState[]],
): bigint | undefined {
  const ends = [root, ...subs].flatMap((signed) => {
    const record = records.get(signed.state.channelId)
    if (record === undefined || record.phase !== 'dispute') return []
    const isReplaced = record.stateHash !== notary.stateHash(signed.state)
    return isReplaced || record.hasApp ? [record.timeout] : []
  })
  const standing = records.get(root.state.channelId)
  const conclusion = standing === undefined ? [] : [settledFrom(standing)]
  return [...ends, ...conclusion].reduce<bigint | undefined>(
    (first, end) => (first === undefined || end < first ? end : first),
    undefined,
  )
}

function settledFrom(record: ContractRecord): bigint {
  const mayBeEnded = record.hasApp && record.phase === 'dispute'
  return mayBeEnded ? record.timeout : concludableAt(record)
}
