import type { Hex } from 'viem'
import type { Amounts } from './assets.ts'
import type { ContractName } from './contracts.ts'
import type { Paid, Refused, Summary, Verdict } from './demo-event.ts'

/** What the chain and the watcher said about one guarded channel, before anybody concluded. */
export interface Standing {
  readonly channel: string
  /** The newest state that everybody signed. */
  readonly newest: { readonly version: bigint; readonly stateHash: Hex }
  /** What the adjudicator held. */
  readonly record: { readonly version: bigint; readonly stateHash: Hex } | undefined
  /** Whether a cheat had registered an older state. */
  readonly isCheated: boolean
  /** Whether the watcher told its client about the refutation. */
  readonly isToldRefuted: boolean
}

export interface Findings {
  readonly scenario: string
  readonly honest: boolean
  readonly standings: readonly Standing[]
  readonly payouts: readonly Paid[]
}

/** What became of one scenario. Pure: everything that it needs was read from the chain. */
export function judge({ scenario, honest, standings, payouts }: Findings): Verdict {
  const wrongStandings = standings.flatMap((standing) => (honest ? touchedBy(standing) : unrefutedBy(standing)))
  const wrongPayouts = payouts.flatMap(faultsOfPayout)
  return {
    type: 'verdict',
    scenario,
    honest,
    refuted: wrongStandings.length === 0,
    balancesRight: wrongPayouts.length === 0 && payouts.length > 0,
    faults: [...wrongStandings, ...wrongPayouts],
  }
}

function touchedBy({ channel, record }: Standing): readonly string[] {
  return record === undefined ? [] : [`version ${record.version} of the ${channel} channel was registered`]
}

function unrefutedBy({ channel, newest, record, isCheated, isToldRefuted }: Standing): readonly string[] {
  if (record === undefined) return isCheated ? [`the ${channel} channel is not registered`] : []
  if (record.version < newest.version) {
    return [`version ${record.version} of the ${channel} channel stood, the newest is ${newest.version}`]
  }
  if (record.version === newest.version && record.stateHash !== newest.stateHash)
    return [`another state than the newest of the ${channel} channel stood`]
  return isCheated && !isToldRefuted ? [`the watcher told of no refutation in the ${channel} channel`] : []
}

function faultsOfPayout({ channel, participant, asset, amount, expected, kept }: Paid): readonly string[] {
  const got = `${participant} got ${amount} wei of ${asset} from the ${channel} channel, not ${expected}`
  const left = `${kept} wei of ${participant}'s ${asset} are left in the ${channel} channel`
  return [...(amount === expected ? [] : [got]), ...(kept === 0n ? [] : [left])]
}

export interface Course {
  readonly chain: string
  readonly contract: ContractName
  readonly verdicts: readonly Verdict[]
  readonly refusals: readonly Pick<Refused, 'expected' | 'code'>[]
  readonly atStake: Amounts
  readonly blocks: bigint
  readonly seconds: number
}

export function summarize({ chain, contract, verdicts, refusals, atStake, blocks, seconds }: Course): Summary {
  const cheats = verdicts.filter(({ honest }) => !honest)
  const refuted = cheats.filter((verdict) => verdict.refuted)
  const balancesRight = verdicts.every((verdict) => verdict.balancesRight)
  const honestUntouched = verdicts.every(({ honest, refuted: untouched }) => !honest || untouched)
  const refused = refusals.filter(({ code, expected }) => code === expected)
  const isWhole = refuted.length === cheats.length && refused.length === refusals.length
  return {
    type: 'summary',
    ok: isWhole && balancesRight && honestUntouched,
    chain,
    contract,
    cheats: cheats.length,
    refuted: refuted.length,
    balancesRight,
    honestUntouched,
    lies: refusals.length,
    liesRefused: refused.length,
    atStake,
    blocks,
    seconds,
  }
}
