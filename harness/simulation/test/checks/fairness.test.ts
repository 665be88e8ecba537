import { dice } from '@perun-watcher/harness-kit/dice'
import { describe, expect, it } from 'vitest'
import { type FairnessInput, hadFairChance } from '../../src/checks/fairness.ts'
import type { SimClient } from '../../src/parties/client/sim-client.ts'
import type { Acknowledgement } from '../../src/parties/client/watches.ts'
import { type Family, openChannel } from '../../src/parties/families.ts'
import { blindSpots } from '../../src/world/blind-spots.ts'
import { type HardshipSchedule, hardshipSchedule, hardships } from '../../src/world/hardships.ts'
import { type Ledger, ledger as newLedger } from '../../src/world/ledger.ts'
import { timestampAt } from '../../src/world/timeline.ts'

const calm = hardshipSchedule(dice(1), { lengthMs: 1, families: 1, without: [...hardships, 'hangs'] })

/** A channel with versions 0 and 1; version 0 is registered at 60 s, with a window of 300 s. */
function dispute(): { family: Family; ledger: Ledger } {
  const root = openChannel({ kind: 'ledger', duration: 300n, hasApp: false, funds: 10n, nonce: 1n })
  const old = root.newest
  root.update({})
  const family: Family = {
    number: 1,
    root,
    foreign: undefined,
    roots: [root],
    channels: [root],
    parentOf: new Map(),
    lateChild: undefined,
  }
  const ledger = newLedger()
  ledger.submit((adjudicator, before, now) => adjudicator.register(before, old, [], now), { calldata: [old] })
  ledger.mine(timestampAt(60_000), (waiting) => waiting)
  return { family, ledger }
}

function client(family: Family, acknowledged: readonly Acknowledgement[]): SimClient {
  return {
    family,
    acknowledged,
    hearings: [],
    unread: [],
    archived: new Map(),
    archivals: [],
    hasLeft: false,
    isEnrolled: () => true,
    isCurrent: () => true,
    publish() {},
    start() {},
    archive() {},
    stopTooEarly() {},
    leave() {},
  }
}

interface Circumstances {
  readonly ackMs?: number
  readonly upFromMs?: number
  readonly upUntilMs?: number
  readonly schedule?: HardshipSchedule
  readonly after?: (ledger: Ledger, family: Family) => void
}

function isFair({ ackMs = 10_000, upFromMs = 0, upUntilMs, schedule = calm, after }: Circumstances): boolean {
  const { family, ledger } = dispute()
  after?.(ledger, family)
  const { root } = family
  const ack = { channelId: root.id, signed: root.newest, atMs: ackMs, isSuperseded: false }
  const input: FairnessInput = {
    household: { family, clients: [client(family, [ack])] },
    ledger,
    schedule,
    uptimes: [{ fromMs: upFromMs, untilMs: upUntilMs }],
    visible: new Map(),
    blindSpots: blindSpots(() => 0),
  }
  return hadFairChance(input, root, 1n, ackMs)
}

describe('a chance is fair', () => {
  it('when the state was acknowledged before the dispute and nothing went wrong', () => {
    expect(isFair({})).toBe(true)
  })

  it('when it was acknowledged during the dispute, with time left', () => {
    expect(isFair({ ackMs: 200_000 })).toBe(true)
  })
})

describe('a chance is not fair', () => {
  it('when the state was acknowledged shortly before the end of the window', () => {
    expect(isFair({ ackMs: 300_000 })).toBe(false)
  })

  it('when the watcher was down for most of the window', () => {
    expect(isFair({ upFromMs: 300_000 })).toBe(false)
    expect(isFair({ upUntilMs: 120_000 })).toBe(false)
  })

  it('when something kept going wrong', () => {
    expect(isFair({ schedule: { ...calm, isCalm: () => false } })).toBe(false)
  })

  it('when nothing older is registered', () => {
    const after = (ledger: Ledger): void => ledger.reorg(1, () => false)
    expect(isFair({ after })).toBe(false)
  })

  it('when the contract would not take the state', () => {
    const after = (ledger: Ledger, { root }: Family): void => {
      const newer = root.update({})
      ledger.submit((adjudicator, before, now) => adjudicator.register(before, newer, [], now))
      ledger.mine(timestampAt(70_000), (waiting) => waiting)
    }
    const { family, ledger } = dispute()
    const [, held] = family.root.states
    after(ledger, family)
    if (held === undefined) throw new Error('The channel has two states.')
    const ack = { channelId: family.root.id, signed: held, atMs: 10_000, isSuperseded: false }
    const household = { family, clients: [client(family, [ack])] }
    const uptimes = [{ fromMs: 0, untilMs: undefined }]
    const input = { household, ledger, schedule: calm, uptimes, visible: new Map(), blindSpots: blindSpots(() => 0) }
    expect(hadFairChance(input, family.root, 1n, 10_000)).toBe(false)
  })
})
