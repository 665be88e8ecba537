import type { BlockHash, Clock } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { balanceOf } from '../fees/balance-of.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import { type ExpectedCount, isExpected, spentNonces } from './spent-nonces.ts'

/**
 * What an account holds and has spent, for whoever is about to send from it. Read once for all who ask as of the same head, at
 * about the same time; what is not as it should be is read anew, for each of them.
 *
 * Rejects with the errors of the node.
 */
export interface AccountReadings {
  /** In wei. @param enough a balance that has less besides what is promised is read anew, and doubted. */
  balance(enough: bigint): Promise<bigint>
  /** How many nonces blocks have spent. */
  count(): Promise<bigint>
  /** A node refused what should have been right by what was read: it is not used again. */
  forget(): void
}

export interface AccountReadingsDeps {
  readonly account: Address
  readonly nodeRpc: Pick<NodeRpc, 'balance' | 'transactionCount'>
  readonly clock: Pick<Clock, 'now'>
  /** The newest head, as far as it is known and not too old; `undefined`: nobody knows, so that nothing is shared. */
  readonly newestHead: () => BlockHash | undefined
  /** What the waiting transactions may cost together, in wei. */
  readonly promised: () => bigint
  readonly expectedCount: () => ExpectedCount
}

/** How long a reading counts, from when it was begun, in milliseconds; one that hangs holds up nobody who comes later. */
const freshMs = 2_000

interface Reading {
  readonly head: BlockHash | undefined
  readonly at: number
  readonly value: Promise<bigint>
}

export function accountReadings(deps: AccountReadingsDeps): AccountReadings {
  const { account, nodeRpc, clock, newestHead, promised, expectedCount } = deps
  let balance: Reading | undefined
  let count: Reading | undefined

  const isFresh = (reading: Reading | undefined): reading is Reading =>
    reading?.head !== undefined && reading.head === newestHead() && clock.now() - reading.at < freshMs

  // Head and time are those before it is read: what comes in between is not in it for sure.
  const begun = (value: Promise<bigint>): Reading => ({ head: newestHead(), at: clock.now(), value })

  function readBalance(enough: bigint): Promise<bigint> {
    const reading = begun(balanceOf(nodeRpc, account, enough))
    balance = reading
    return reading.value
  }

  function readCount(): Promise<bigint> {
    const reading = begun(spentNonces(nodeRpc, account, expectedCount()))
    count = reading
    return reading.value
  }

  return {
    async balance(enough) {
      if (!isFresh(balance)) return await readBalance(enough)
      const known = await balance.value
      return known - promised() >= enough ? known : await readBalance(enough)
    },
    async count() {
      if (!isFresh(count)) return await readCount()
      const known = await count.value
      return isExpected(known, expectedCount()) ? known : await readCount()
    },
    forget() {
      balance = undefined
      count = undefined
    },
  }
}
