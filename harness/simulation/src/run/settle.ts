import type { SignedState } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import { cheater } from '../parties/cheater/cheater.ts'
import { hand } from '../parties/cheater/hand.ts'
import { simClient } from '../parties/client/sim-client.ts'
import type { Family } from '../parties/families.ts'
import type { Household } from '../parties/household.ts'
import { nuisance } from '../parties/nuisance.ts'
import { tenant } from '../parties/tenant.ts'
import type { WatcherHost } from '../parties/watcher-host.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { perform } from '../scenarios/stage.ts'
import type { Hardship, HardshipSchedule } from '../world/hardships.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Scheduler } from '../world/scheduler.ts'
import type { Tempo } from '../world/tempo.ts'
import { nextTimestamp } from '../world/timeline.ts'
import type { Trace } from '../world/trace.ts'
import { crashesUponCheats } from './crashes.ts'
import { live } from './life.ts'
import type { Omission } from './options.ts'

/** Somebody who is not of the family. */
export interface Outsider {
  leave(): void
  readonly hasLeft: boolean
}

export interface SettleDeps {
  readonly time: Scheduler
  readonly dice: Dice
  readonly trace: Trace
  readonly ledger: Ledger
  readonly host: WatcherHost
  readonly is: (hardship: Hardship) => boolean
  readonly tempo: Tempo
  readonly activeMs: number
  readonly without: readonly Omission[]
  readonly hasTenant: boolean
  readonly finalityDepth: number
  readonly schedule: HardshipSchedule
  /** What happens to the family instead of a life by chance. */
  readonly scenario: Scenario | undefined
  /** After each move of the cheater. */
  readonly onCheat: () => void
}

/** Everybody who has to do with a family comes, and their lives begin. */
export function settle(
  family: Family,
  deps: SettleDeps,
): { readonly household: Household; readonly outsiders: readonly Outsider[] } {
  const { time, dice, trace, ledger, host, is, tempo, activeMs, without, hasTenant, scenario } = deps
  const isHere = (what: 'guests' | 'nuisances', share: number): boolean =>
    scenario === undefined && dice.fork(what).chance(share) && !without.includes(what)
  const common = { time, trace, host, is, isSteady: scenario !== undefined, scale: tempo.scale }
  const client = simClient(family, `home-${family.number}`, { ...common, dice: dice.fork('client') })
  const guest = isHere('guests', 0.3)
    ? simClient(family, `guest-${family.number}`, { ...common, dice: dice.fork('guest') })
    : undefined
  const isWatched = ({ id }: Family['root']): boolean => client.isCurrent(id)
  const isAcknowledged = (signed: SignedState): boolean => client.acknowledged.some((ack) => ack.signed === signed)
  const isFinal = ({ id }: Family['root']): boolean =>
    client.acknowledged.some(({ channelId, signed }) => channelId === id && signed.state.isFinal)
  const pest = isHere('nuisances', 0.3)
    ? nuisance(family, { dice: dice.fork('nuisance'), time, trace, host, isWatched, isAcknowledged, isFinal })
    : undefined
  const lodger = hasTenant ? tenant(family, { dice: dice.fork('tenant'), time, trace, host, ledger }) : undefined
  const clock = (): bigint => nextTimestamp(ledger.head.timestamp, time.now)
  if (scenario !== undefined) {
    const guest = tenant(family, { dice: dice.fork('tenant'), time, trace, host, ledger })
    perform(scenario, {
      ...deps,
      dice: dice.fork('scenario'),
      family,
      client,
      tenant: guest,
      hand: hand(family, { time, dice: dice.fork('hand'), trace, ledger, clock }),
    })
    return { household: { family, clients: [client] }, outsiders: [guest] }
  }
  const villain = cheater(family, {
    time,
    dice: dice.fork('cheater'),
    trace,
    ledger,
    clock,
    onSpoilt: host.blindSpots.blink,
  })
  const crash = crashesUponCheats(host, time, dice.fork('crashes'), without)
  live({
    time,
    dice: dice.fork('life'),
    activeMs,
    scale: tempo.scale,
    without,
    family,
    ledger,
    client,
    guest,
    villain,
    nuisance: pest,
    tenant: lodger,
    onCheat() {
      crash()
      deps.onCheat()
    },
  })
  return {
    household: { family, clients: guest === undefined ? [client] : [client, guest] },
    outsiders: [pest, lodger].filter((each) => each !== undefined),
  }
}
