import type { ChannelId, Phase, StateHash } from '@perun-watcher/core'

/** What the contract keeps of one channel. One that it does not know has none: its hash would read as zero. */
export interface ContractRecord {
  readonly version: bigint
  readonly phase: Phase
  /** Seconds; what it means depends on the phase. */
  readonly timeout: bigint
  readonly stateHash: StateHash
  readonly challengeDuration: bigint
  readonly hasApp: boolean
}

export type Records = ReadonlyMap<ChannelId, ContractRecord>

/** Who owns how much of a root in the end: per asset, per participant. */
export type Outcome = readonly (readonly bigint[])[]

/** What the contract says to a call. */
export type Answer =
  | { readonly type: 'taken'; readonly records: Records; readonly outcome: Outcome | undefined }
  | Refusal

export interface Refusal {
  readonly type: 'refused'
  /** The rule that was broken, in words of the fact sheet of the protocol. */
  readonly rule: string
}

export const refused = (rule: string): Refusal => ({ type: 'refused', rule })

/** Two texts of the contract for what Solidity itself refuses. */
export const overflow = 'Panic(0x11)'
export const outOfBounds = 'Panic(0x32)'

export const mostUint64 = 2n ** 64n - 1n
const mostUint256 = 2n ** 256n - 1n

/** `undefined`: more than a word of the contract holds. */
export function sumOf(amounts: readonly bigint[]): bigint | undefined {
  const sum = amounts.reduce((total, amount) => total + amount, 0n)
  return sum > mostUint256 ? undefined : sum
}

/** The record that a state leaves behind (fact sheet 3.2, the rule of timeouts); `undefined`: the timeout overflows. */
export function recordFor(
  before: ContractRecord | undefined,
  written: Pick<ContractRecord, 'version' | 'phase' | 'stateHash' | 'hasApp'> & {
    readonly challengeDuration: bigint
    readonly isFinal: boolean
  },
  now: bigint,
): ContractRecord | undefined {
  const { version, phase, stateHash, hasApp } = written
  // 256 bits in the parameters, 64 in the record.
  const challengeDuration = written.challengeDuration % (mostUint64 + 1n)
  const startsWindow = before === undefined || phase === 'forceExec'
  const timeout = written.isFinal ? now : startsWindow ? now + challengeDuration : before.timeout
  if (timeout > mostUint64) return undefined
  return { version, phase, timeout, stateHash, challengeDuration, hasApp }
}
