import type { SignedState } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { chainHeads } from '../../src/checks/evidence.ts'
import { simJudge } from '../../src/checks/judged.ts'
import type { Evidence, GivenState } from '../../src/judge/evidence.ts'
import type { Interval } from '../../src/judge/intervals.ts'
import { type Channel, openChannel } from '../../src/parties/channels/channel.ts'
import { type Ledger, ledger as newLedger, startTimestamp } from '../../src/world/ledger.ts'
import { timestampAt } from '../../src/world/timeline.ts'

const judge = simJudge()
const endMs = 2_000_000
let nonce = 1n

function open(kind: 'ledger' | 'sub', funds: bigint, locks: readonly Channel[] = []): Channel {
  nonce += 1n
  return openChannel({ kind, duration: 300n, hasApp: false, funds, nonce }, locks)
}

/** What happens on the chain, and when. */
type Story = readonly (readonly [atMs: number, what: (ledger: Ledger) => void])[]

const registerBy =
  (byWatcher: boolean, root: SignedState, subs: readonly SignedState[]) =>
  (ledger: Ledger): void => {
    ledger.submit((adjudicator, before, now) => adjudicator.register(before, root, subs, now), {
      calldata: [root, ...subs],
      byWatcher,
    })
  }

const register = (root: SignedState, ...subs: readonly SignedState[]) => registerBy(false, root, subs)

const conclude =
  (root: SignedState, ...subs: readonly SignedState[]) =>
  (ledger: Ledger): void => {
    const states = subs.map(({ state }) => state)
    ledger.submit((adjudicator, before, now) => adjudicator.conclude(before, root, states, now))
  }

/** A block every 12 s. */
function play(story: Story): Ledger {
  const ledger = newLedger()
  for (let atMs = 12_000; atMs <= endMs; atMs += 12_000) {
    for (const [whenMs, what] of story) if (atMs - 12_000 < whenMs && whenMs <= atMs) what(ledger)
    ledger.mine(timestampAt(atMs), (waiting) => waiting)
  }
  return ledger
}

interface Account {
  readonly channels: readonly Channel[]
  readonly acknowledged: readonly GivenState[]
  readonly calm?: readonly Interval[]
  readonly paid?: Evidence['paid']
}

function verdict(story: Story, { channels, acknowledged, calm, paid }: Account): readonly string[] {
  const ids = channels.map(({ id }) => id)
  return judge.verdict({
    channels: ids,
    roots: channels.filter(({ kind }) => kind === 'ledger').map(({ id }) => id),
    acknowledged,
    shown: [],
    offered: [],
    enrolments: ids.map((channelId) => ({ channelId, fromMs: 0, untilMs: Number.POSITIVE_INFINITY })),
    cuts: [],
    heads: chainHeads(play(story).heads),
    zero: startTimestamp,
    endMs,
    calm: calm ?? [{ fromMs: 0, untilMs: endMs }],
    canBePaid: true,
    hasRoom: () => true,
    patience: { ms: 96_000, blocks: 8 },
    paid,
  })
}

describe('an older state that stands for long and is replaced in the end', () => {
  const root = open('ledger', 1000n)
  const old = root.newest
  const middle = root.update({})
  const better = root.update({})
  const story = (answer: Story[number][1]): Story => [
    [60_000, register(old)],
    [90_000, answer],
    [264_000, register(better)],
    [400_000, conclude(better)],
  ]
  const account = { channels: [root], acknowledged: [{ signed: better, atMs: 108_000 }] }

  it('is held against the watcher', () => {
    expect(verdict(story(register(middle)), account)).toEqual([expect.stringContaining('was left at an older state')])
  })

  it('is not, where it is an answer of its own that rests for half of the time left', () => {
    expect(verdict(story(registerBy(true, middle, [])), account)).toEqual([])
  })

  it('is not, where somebody else registers the newest that was given by then', () => {
    const given = { ...account, acknowledged: [{ signed: middle, atMs: 80_000 }, ...account.acknowledged] }
    expect(verdict(story(register(middle)), given)).toEqual([])
    const knownBefore = { channels: [root], acknowledged: [{ signed: better, atMs: 80_000 }, ...given.acknowledged] }
    expect(verdict(story(register(middle)), knownBefore)).toEqual([
      expect.stringContaining('was left at an older state'),
    ])
  })

  it('is not either, where somebody else repeats that answer', () => {
    const repeated: Story = [...story(registerBy(true, middle, [])), [130_000, register(middle)]]
    expect(verdict(repeated, account)).toEqual([])
  })

  it('is held against the watcher where another took the place of its answer', () => {
    const late = root.update({})
    const newest = root.update({})
    const overtaken: Story = [
      [60_000, register(old)],
      [72_000, registerBy(true, middle, [])],
      [90_000, register(late)],
      [264_000, register(newest)],
      [400_000, conclude(newest)],
    ]
    const given = { channels: [root], acknowledged: [{ signed: newest, atMs: 80_000 }] }
    expect(verdict(overtaken, given)).toEqual([expect.stringContaining('was left at an older state')])
  })
})

describe('a root that ends at an older state', () => {
  const root = open('ledger', 1000n)
  const old = root.newest
  const better = root.update({})
  const story: Story = [
    [60_000, register(old)],
    [400_000, conclude(old)],
  ]
  const account = { channels: [root], acknowledged: [{ signed: better, atMs: 10_000 }] }

  it('is held against the watcher', () => {
    expect(verdict(story, account)).toEqual([
      expect.stringContaining('ended at 0 although better was possible from 60 s to 360 s'),
      expect.stringContaining('was left at an older state'),
    ])
  })

  it('is not, where the better state came too late', () => {
    expect(verdict(story, { ...account, acknowledged: [{ signed: better, atMs: 300_000 }] })).toEqual([])
  })

  it('is not, where no calm stretch was long enough', () => {
    const calm = [
      { fromMs: 60_000, untilMs: 150_000 },
      { fromMs: 280_000, untilMs: endMs },
    ]
    expect(verdict(story, { ...account, calm })).toEqual([])
  })

  it('is not, where the better state came to stand', () => {
    expect(
      verdict(
        [
          [60_000, register(old)],
          [100_000, register(better)],
          [400_000, conclude(better)],
        ],
        account,
      ),
    ).toEqual([])
  })

  it('is held against the watcher by what the client was paid, without any notion of versions', () => {
    const paid = new Map([[root.id, 0n]])
    expect(verdict(story, { ...account, paid })).toContainEqual(expect.stringContaining('paid the client 0'))
    expect(verdict(story, { ...account, paid: new Map([[root.id, 1000n]]) })).not.toContainEqual(
      expect.stringContaining('paid'),
    )
  })
})

describe('an answer below a root that a reorg takes out at the end of the window', () => {
  const sub = open('sub', 100n)
  const [s0, s1] = [sub.newest, sub.update({})]
  const root = open('ledger', 1000n, [sub])
  const r0 = root.newest
  const story: Story = [
    [60_000, register(r0, s0)],
    [90_000, registerBy(true, r0, [s1])],
    [348_000, (ledger) => ledger.reorg(22, () => false)],
    [350_000, register(r0, s0)],
    [700_000, conclude(r0, s0)],
  ]
  const account = {
    channels: [root, sub],
    acknowledged: [r0, s0, s1].map((signed) => ({ signed, atMs: 10_000 })),
    calm: [{ fromMs: 0, untilMs: 340_000 }],
  }

  it('is not held against the watcher, whatever was paid', () => {
    expect(verdict(story, { ...account, paid: new Map([[root.id, 0n]]) })).toEqual([])
  })

  it('but is, where it came too late', () => {
    const late: Story = story.map(([atMs, what]) => [atMs === 90_000 ? 336_000 : atMs, what])
    expect(verdict(late, { ...account, paid: new Map([[root.id, 0n]]) })).toContainEqual(
      expect.stringContaining('paid the client 0'),
    )
  })
})

describe('D4: a state that was superseded', () => {
  const sub = open('sub', 100n)
  const [s0, s1] = [sub.newest, sub.update({})]
  const root = open('ledger', 1000n)
  const r0 = root.newest
  const r1 = root.update({ locks: [sub] })
  const thief = openChannel({ kind: 'ledger', duration: 0n, hasApp: false, funds: 500n, nonce: 99n }, [sub])
  const story: Story = [
    [60_000, register(thief.newest, s0)],
    [60_000, conclude(thief.newest, s0)],
    [72_000, register(r0)],
    [600_000, conclude(r0)],
  ]
  const channels = [root, sub]
  const newest = [
    { signed: r1, atMs: 10_000 },
    { signed: s1, atMs: 10_000 },
  ]

  it('is still needed to register the root that locks its channel', () => {
    const acknowledged = [...newest, { signed: s0, atMs: 5_000 }]
    expect(verdict(story, { channels, acknowledged })).toContainEqual(expect.stringContaining('ended at 0'))
  })

  it('is nobody’s fault where nobody gave it', () => {
    expect(verdict(story, { channels, acknowledged: newest })).toEqual([])
  })
})

describe('a sub-channel that ends at an older state', () => {
  const sub = open('sub', 100n)
  const [s0, s1] = [sub.newest, sub.update({})]
  const root = open('ledger', 1000n, [sub])
  const channels = [root, sub]
  const acknowledged = [root.newest, s0, s1].map((signed) => ({ signed, atMs: 10_000 }))

  it('is held against the watcher below the root that stood', () => {
    const story: Story = [
      [60_000, register(root.newest, s0)],
      [600_000, conclude(root.newest, s0)],
    ]
    expect(verdict(story, { channels, acknowledged })).toContainEqual(expect.stringContaining('ended at 0'))
  })

  it('is not, where it was struck in the last moment', () => {
    const story: Story = [
      [60_000, register(root.newest, s1)],
      [600_000, conclude(root.newest, s1)],
    ]
    expect(verdict(story, { channels, acknowledged })).toEqual([])
  })
})
