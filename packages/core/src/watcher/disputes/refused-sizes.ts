import { treeSize } from '../../dispute/tree-size.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { SignedState } from '../../model/channel.ts'
import type { LedgerLimits, RegistrationSizes } from '../../spi/chain.ts'
import type { ChainClock } from '../chain/chain-clock.ts'

/** What nodes refused as too large although the limits of the backend allow it. */
export interface RefusedSizes {
  /** A registration of the family was refused: the next one has to be smaller, for a while. */
  note(root: ChannelId, channels: readonly SignedState[]): void
  /** How large a tree of the family may be. One family's refusals say nothing about another's, whoever caused them. */
  roomFor(root: ChannelId): RegistrationSizes
}

export interface RefusedSizesDeps {
  readonly backend: RegistrationSizes
  readonly chainClock: Pick<ChainClock, 'estimate'>
}

interface Refusal {
  /** What may be tried meanwhile. */
  readonly limits: LedgerLimits
  /** In a row, each of a smaller tree than the one before. */
  readonly count: number
  /** How often larger trees were tried again, and refused again at once. */
  readonly rounds: number
  /** By the chain's time. */
  readonly since: bigint
}

/** Seconds for which a refusal counts at first, each time twice as long as before, and at most. */
const firstSeconds = 60n
const mostSeconds = 3_600n

/** Nodes say "too large" and not how large is not: less by nothing but a byte at first, then by larger and larger shares. */
const firstShare = 32

/** So many families are remembered. */
const mostRefusals = 4_096

export function refusedSizes({ backend, chainClock }: RefusedSizesDeps): RefusedSizes {
  const refusals = new Map<ChannelId, Refusal>()

  /** A time that was wrong once must not keep it alive. */
  function isYounger({ since }: Refusal, seconds: bigint): boolean {
    const age = (chainClock.estimate ?? since) - since
    return age >= 0n && age < seconds
  }

  const isInForce = (refusal: Refusal): boolean => isYounger(refusal, secondsOf(refusal.rounds))

  /** What was over for as long as it counted says nothing about the next one. */
  function roundsAfter(before: Refusal | undefined): number {
    return before !== undefined && isYounger(before, 2n * secondsOf(before.rounds)) ? before.rounds + 1 : 1
  }

  return {
    note(root, channels) {
      const size = treeSize(backend, channels)
      const before = refusals.get(root)
      const isSmaller = before !== undefined && isInForce(before)
      const count = isSmaller ? before.count + 1 : 1
      const rounds = isSmaller ? before.rounds : roundsAfter(before)
      const bytes = size.bytes - Math.max(1, Math.floor(size.bytes * shareAfter(count)))
      const limits = { ...backend.limits, bytes, work: size.work }
      refusals.delete(root)
      refusals.set(root, { limits, count, rounds, since: chainClock.estimate ?? 0n })
      const [oldest] = refusals.keys()
      if (refusals.size > mostRefusals && oldest !== undefined) refusals.delete(oldest)
    },
    roomFor(root) {
      const refusal = refusals.get(root)
      if (refusal === undefined || !isInForce(refusal)) return backend
      const { envelope } = backend
      return { limits: refusal.limits, envelope, sizeOf: (channel) => backend.sizeOf(channel) }
    },
  }
}

function secondsOf(rounds: number): bigint {
  const seconds = firstSeconds * 2n ** BigInt(Math.min(rounds - 1, 16))
  return seconds < mostSeconds ? seconds : mostSeconds
}

function shareAfter(count: number): number {
  return count === 1 ? 0 : Math.min(0.5, 2 ** (count - 2) / firstShare)
}
