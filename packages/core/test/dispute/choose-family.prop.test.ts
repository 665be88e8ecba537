import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Defender, yieldsToOther } from '../../src/dispute/choose-family.ts'
import type { DisputeAction, Threat } from '../../src/dispute/decide.ts'
import { type ChannelId, parseChannelId } from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'

const ids: readonly ChannelId[] = Array.from({ length: 4 }, (_, at) => parseChannelId(`0x${`a${at}`.repeat(32)}`))
const channel = testChannel().signed(1n)

const threat = (channelId: ChannelId): Threat => ({
  channelId,
  registeredVersion: 1n,
  answerVersion: 2n,
  deadline: 100n,
  challengeDuration: 60n,
  recordBlock: 1n,
})

function action(threatened: readonly ChannelId[], isRootRegistered: boolean): DisputeAction | undefined {
  const [first, ...rest] = threatened.map(threat)
  if (first === undefined) return undefined
  const threats = [first, ...rest] as const
  return { type: 'register', channel, subChannels: [], isRootRegistered, isUrgent: false, deadline: 100n, threats }
}

const defender = fc.record({
  threatened: fc.subarray([...ids]),
  isRootRegistered: fc.boolean(),
  hasFailed: fc.boolean(),
})

const defenders: fc.Arbitrary<readonly Defender[]> = fc.array(defender, { minLength: 1, maxLength: 5 }).map((all) =>
  all.map(({ threatened, isRootRegistered, hasFailed }, at) => ({
    root: parseChannelId(`0x${`0${at}`.repeat(32)}`),
    action: action(threatened, isRootRegistered),
    hasFailed,
  })),
)

const acts = (all: readonly Defender[], self: Defender): boolean =>
  self.action !== undefined &&
  !yieldsToOther(
    self,
    all.filter((other) => other !== self),
  )

const answers = ({ action }: Defender, id: ChannelId): boolean =>
  action?.threats.some(({ channelId }) => channelId === id) ?? false

describe('families that share a channel', () => {
  it('never all leave the answer to each other', () => {
    fc.assert(
      fc.property(defenders, (all) => {
        const able = all.filter(({ action }) => action !== undefined)
        expect(all.some((self) => acts(all, self))).toBe(able.length > 0)
      }),
      { numRuns: 500 },
    )
  })

  it('answer every threat that one of them can answer', () => {
    fc.assert(
      fc.property(defenders, (all) => {
        for (const id of ids) {
          if (!all.some((self) => answers(self, id))) continue
          expect(all.some((self) => answers(self, id) && acts(all, self))).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never leave a threat to families that failed only', () => {
    fc.assert(
      fc.property(defenders, (all) => {
        for (const id of ids) {
          const sound = all.filter((self) => answers(self, id) && !self.hasFailed)
          if (sound.length > 0) expect(sound.some((self) => acts(all, self))).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never drag a healthy root into a dispute that a registered root answers', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 2, maxLength: 5 }), (registered) => {
        const all = registered.map((isRootRegistered, at) => ({
          root: parseChannelId(`0x${`0${at}`.repeat(32)}`),
          action: action(ids.slice(0, 1), isRootRegistered),
          hasFailed: false,
        }))
        const acting = all.filter((self) => acts(all, self))
        const isHealthy = ({ action }: Defender): boolean => action?.type === 'register' && !action.isRootRegistered
        expect(acting.filter(isHealthy)).toHaveLength(registered.includes(true) ? 0 : 1)
      }),
    )
  })

  it('never leave to others what endangers their own root', () => {
    const own = { ...threat(ids[0] ?? channel.state.channelId), answerVersion: 1n }
    const rest = { type: 'register', channel, subChannels: [], isUrgent: false, deadline: 100n } as const
    const self = { root: parseChannelId(`0x${'09'.repeat(32)}`), hasFailed: false }
    const other = { root: parseChannelId(`0x${'01'.repeat(32)}`), hasFailed: false }
    const of = (answerVersion: bigint) =>
      yieldsToOther({ ...self, action: { ...rest, isRootRegistered: false, threats: [{ ...own, answerVersion }] } }, [
        { ...other, action: { ...rest, isRootRegistered: true, threats: [{ ...own, answerVersion }] } },
      ])
    expect(of(2n)).toBe(true)
    expect(of(1n)).toBe(false)
  })
})
