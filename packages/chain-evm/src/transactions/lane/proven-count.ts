import type { Address } from '../../rpc/evm-client.ts'
import type { FeeHead, NodeRpc } from '../node/node-rpc.ts'
import { isMined } from './confirmations.ts'
import type { LaneBook } from './lane-book.ts'
import type { Slot } from './slot.ts'

/** A transaction that a node has had for so many heads, and that no block includes by the count, may be in one all the same. */
const overdueHeads = 2n

function isOverdue({ status, attempts }: Slot, { number }: FeeHead): boolean {
  const accepted = attempts.flatMap(({ acceptedAt }) => acceptedAt ?? [])
  return status.type === 'waiting' && accepted.some((acceptedAt) => number - acceptedAt >= overdueHeads)
}

export interface ProvenCountsDeps {
  readonly account: Address
  readonly book: Pick<LaneBook, 'get' | 'slots'>
  readonly nodeRpc: NodeRpc
}

export interface CountOfTwo {
  /** How many nonces are spent. */
  readonly count: bigint
  /** Nonces that are spent by the word of another endpoint, and by no transaction of ours. */
  readonly disputed: readonly bigint[]
}

/** Holds counts of nonces against what else is known. */
export interface ProvenCounts {
  /**
   * A count, or a higher one where it leaves a transaction waiting that should have been included: an endpoint whose state stands
   * still counts as it did, and takes for new what is mined. Another one is asked, and the block in which it was; of two counts
   * without such a proof the first one stays, as it does where nobody else answers. Never rejects.
   */
  of(count: bigint, head: FeeHead): Promise<CountOfTwo>
}

/** So many nonces more by the word of another endpoint alone are evaded. */
const mostDisputed = 4n

/** Seconds of chain time for which nothing is evaded by an endpoint's word alone, once a block took what was spent by it. */
const pauseSeconds = 21_600n

export function provenCounts({ account, book, nodeRpc }: ProvenCountsDeps): ProvenCounts {
  /** What was spent by an endpoint's word when it was last acted on. */
  let evaded = 0n
  let pausedUntil: bigint | undefined

  function isCredible(other: bigint, proven: bigint, { timestamp }: FeeHead): boolean {
    if (book.slots().some(({ isDisputed, status }) => isDisputed && status.type === 'mined')) {
      pausedUntil = timestamp + pauseSeconds
    }
    const isPaused = pausedUntil !== undefined && timestamp < pausedUntil
    // Whoever counts on without a proof would have everything sent over and over.
    return other > proven && other - proven <= mostDisputed && proven >= evaded && !isPaused
  }

  async function higher(count: bigint, head: FeeHead): Promise<CountOfTwo> {
    const other = await nodeRpc.transactionCount(account, 'latest', { secondOpinion: true })
    const unproven: bigint[] = []
    let proven = count
    for (let nonce = count; nonce < other && nonce < count + BigInt(book.slots().length) + mostDisputed; nonce++) {
      const slot = book.get(nonce)
      if (slot !== undefined && (await isMined(slot, nodeRpc, head))) proven = nonce + 1n
      else unproven.push(nonce)
    }
    if (!isCredible(other, proven, head)) return { count: proven, disputed: unproven.filter((nonce) => nonce < proven) }
    evaded = other
    return { count: proven, disputed: unproven }
  }

  return {
    async of(count, head) {
      const alone = { count, disputed: [] }
      const first = book.get(count)
      if (first === undefined || !isOverdue(first, head)) return alone
      return await higher(count, head).catch(() => alone)
    },
  }
}
