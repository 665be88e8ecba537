import type { Clock, Hex } from '@perun-watcher/core'
import { parseAddress } from '../rpc/parse-rpc.ts'
import { type BulkProgram, creationProgram, type Lookup, overrideProgram } from './bulk-program.ts'
import type { ViewCall } from './calls-at-block.ts'

/** One way of looking up many ids in one call: how, how many at a time, and whether the endpoint takes it at present. */
export interface Way {
  readonly name: string
  /** Ids that the next call is handed. */
  readonly size: number
  /** Whether it is worth a try. */
  readonly isOpen: boolean
  /** Whether the next answer is to be compared with a single reading. */
  readonly isCheckDue: boolean
  callFor(ids: readonly Hex[]): ViewCall
  /** A call was answered rightly: so many ids were handed over, so many of them looked at, and so many found. */
  onAnswer(asked: number, count: number, found: number): void
  onChecked(): void
  /**
   * A call was not answered. @returns whether it may be because of something that the next one does without; otherwise the
   * caller finds out.
   */
  onFailure(): boolean
  /** So many ids were too many, while one is not. */
  onTooMany(asked: number): void
  /** The endpoint does not take it, or answers it wrongly. It is tried again after a while, each time a longer one. */
  onRefused(): void
}

/** An account that nobody has; only for the length of a call there is code. */
const nobody = parseAddress('0x7065727573776565702d7761746368657200feed')

/** An answer is compared with a single reading once in so many. */
const answersPerCheck = 16

/** Until a way that the endpoint did not take is tried again, in milliseconds; doubled each time. */
const rests = { firstMs: 600_000, longestMs: 7_200_000 }

/** Below what was too many, and nearer to it again with every answer: what an endpoint takes may change. */
const belowTooMany = 0.9
const recovery = 1.005

/** What to ask for where a call gets too little gas by itself; hardly any endpoint gives more. */
const gasFor = (ids: number): number => Math.min(50_000_000, 200_000 + 10_000 * ids)

/** Whether the gas of a call is named: not at first, for a try where what a call gets did not suffice, or in vain. */
type NamesGas = 'not-yet' | 'tries' | 'in-vain'

/** So many answers after a try that was in vain there may be another one. */
const answersPerGasTry = 256

/** The ways, best first. */
export function waysOf(lookup: Lookup, clock: Pick<Clock, 'now'>): readonly Way[] {
  const override = overrideProgram(lookup)
  const creation = creationProgram(lookup)
  return [
    way('override', override, clock, (ids) => ({ to: nobody, data: `0x${ids}`, code: { [nobody]: override.code } })),
    way('creation', creation, clock, (ids) => ({ to: undefined, data: `${creation.code}${ids}` })),
  ]
}

/** @param call makes the call, from the digits of all ids. */
function way(
  name: string,
  { mostIds, mostEntries }: BulkProgram,
  clock: Pick<Clock, 'now'>,
  call: (ids: string) => ViewCall & { readonly data: Hex },
): Way {
  let size = mostIds
  let ceiling = mostIds / belowTooMany
  let answers = 0
  let checkedAt = Number.NEGATIVE_INFINITY
  let namesGas: NamesGas = 'not-yet'
  let gasInVainAt = 0
  let restsUntil = Number.NEGATIVE_INFINITY
  let restMs = rests.firstMs

  function setSize(wanted: number): void {
    size = Math.max(1, Math.min(mostIds, Math.floor(Math.min(wanted, ceiling * belowTooMany))))
  }

  function gasIsInVain(): void {
    namesGas = 'in-vain'
    gasInVainAt = answers
  }

  function onGasSpent(count: number): void {
    if (namesGas === 'not-yet') {
      namesGas = 'tries'
      return
    }
    gasIsInVain()
    // The others were handed over for nothing; a few more next time, since there may be more gas then.
    setSize(count * 1.125 + 1)
  }

  return {
    name,
    callFor(ids) {
      const made = call(ids.map((id) => id.slice(2)).join(''))
      return namesGas === 'tries' ? { ...made, gas: gasFor(ids.length) } : made
    },
    get size() {
      return size
    },
    get isOpen() {
      return clock.now() >= restsUntil
    },
    get isCheckDue() {
      return answers - checkedAt >= answersPerCheck
    },
    onAnswer(asked, count, found) {
      answers += 1
      ceiling = Math.min(mostIds / belowTooMany, ceiling * recovery)
      if (namesGas === 'in-vain' && answers - gasInVainAt >= answersPerGasTry) namesGas = 'not-yet'
      if (count === asked) setSize(Math.max(size, asked * 2))
      else if (found < mostEntries) onGasSpent(count)
    },
    onChecked() {
      checkedAt = answers
      restMs = rests.firstMs
    },
    onFailure() {
      const mayBeGas = namesGas === 'tries'
      if (mayBeGas) gasIsInVain()
      return mayBeGas
    },
    onTooMany(asked) {
      ceiling = asked
      setSize(asked / 2)
    },
    onRefused() {
      restsUntil = clock.now() + restMs
      restMs = Math.min(rests.longestMs, restMs * 2)
      checkedAt = Number.NEGATIVE_INFINITY
    },
  }
}
