import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Defender, defendersOf, mostAnswers, yieldsToOther } from '../../src/dispute/choose-family.ts'
import type { Registration, Threat } from '../../src/dispute/decide.ts'
import { type ChannelId, type ClientName, parseChannelId, parseClientName, parseStateHash } from '../../src/index.ts'
import { testChannel } from '../../src/testing/index.ts'

const ids: readonly ChannelId[] = Array.from({ length: 4 }, (_, at) => parseChannelId(`0x${`a${at}`.repeat(32)}`))
const channel = testChannel().signed(1n)

const threat = (channelId: ChannelId): Threat => ({
  channelId,
  registeredVersion: 1n,
  answerVersion: 2n,
  answerHash: parseStateHash(`0x${'11'.repeat(32)}`),
  deadline: 100n,
  challengeDuration: 60n,
  recordBlock: 1n,
})

function action(threatened: readonly ChannelId[], isRootRegistered: boolean): Registration | undefined {
  const [first, ...rest] = threatened.map(threat)
  if (first === undefined) return undefined
  const threats = [first, ...rest] as const
  return { type: 'register', channel, subChannels: [], isRootRegistered, isUrgent: false, deadline: 100n, threats }
}

interface Family extends Defender {
  readonly hasFailed: boolean
}

const clients: readonly ClientName[] = ['alice', 'bob'].map((name) => parseClientName(name))

const family = fc.record({
  threatened: fc.subarray([...ids]),
  isRootRegistered: fc.boolean(),
  hasFailed: fc.boolean(),
  clients: fc.subarray([...clients]),
})

const families = (ofClients = family): fc.Arbitrary<readonly Family[]> =>
  fc.array(ofClients, { minLength: 1, maxLength: 5 }).map((all) =>
    all.map(({ threatened, isRootRegistered, ...rest }, at) => ({
      ...rest,
      root: parseChannelId(`0x${`0${at}`.repeat(32)}`),
      isRegistered: isRootRegistered,
      action: action(threatened, isRootRegistered),
    })),
  )

const defenders = families()

function acts(all: readonly Family[], self: Family, now = 0n): boolean {
  const tables = new Map(ids.map((id) => [id, defendersOf(id, all)]))
  const hasFailed = (root: ChannelId): boolean => all.some((other) => other.root === root && other.hasFailed)
  return self.action !== undefined && !yieldsToOther(self, tables, hasFailed, now)
}

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
          isRegistered: isRootRegistered,
          action: action(ids.slice(0, 1), isRootRegistered),
          hasFailed: false,
          clients,
        }))
        const acting = all.filter((self) => acts(all, self))
        const isHealthy = ({ action }: Defender): boolean => action?.type === 'register' && !action.isRootRegistered
        expect(acting.filter(isHealthy)).toHaveLength(registered.includes(true) ? 0 : 1)
      }),
    )
  })

  it('D11: never rely on a family that one of their own clients does not watch, or on any when it is late', () => {
    fc.assert(
      fc.property(defenders, fc.bigInt({ min: 0n, max: 100n }), (all, now) => {
        for (const self of all) {
          const partners = all.filter((other) => self.clients.every((client) => other.clients.includes(client)))
          expect(acts(all, self)).toBe(acts(partners, self))
          if (self.action !== undefined && (100n - now) * 4n < 60n) expect(acts(all, self, now)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never leave to others what endangers their own root', () => {
    const own = { ...threat(ids[0] ?? channel.state.channelId), answerVersion: 1n }
    const rest = { type: 'register', channel, subChannels: [], isUrgent: false, deadline: 100n } as const
    const self = { root: parseChannelId(`0x${'09'.repeat(32)}`), clients, isRegistered: false }
    const other = { root: parseChannelId(`0x${'01'.repeat(32)}`), clients, isRegistered: true }
    const of = (answerVersion: bigint) => {
      const threats = [{ ...own, answerVersion }] as const
      const defending = { ...other, action: { ...rest, isRootRegistered: true, threats } }
      const tables = new Map([[own.channelId, defendersOf(own.channelId, [defending])]])
      return yieldsToOther({ ...self, action: { ...rest, isRootRegistered: false, threats } }, tables, () => false, 0n)
    }
    expect(of(2n)).toBe(true)
    expect(of(1n)).toBe(false)
  })

  it.each([
    [1n, false],
    [2n, false],
    [2n, true],
  ])(
    'D10, T4: find their place among a thousand at once, and only a few act (%s, %s)',
    (answerVersion, isRegistered) => {
      const id = ids[0] ?? channel.state.channelId
      let looks = 0
      const threats = [{ ...threat(id), answerVersion }] as const
      const rest = { type: 'register', channel, subChannels: [], isUrgent: false, deadline: 100n } as const
      const all = Array.from({ length: 1000 }, (_, at) => ({
        root: parseChannelId(`0x${at.toString(16).padStart(64, '0')}`),
        action: { ...rest, isRootRegistered: isRegistered, threats },
        clients: clients.slice(0, 1),
        isRegistered,
      }))
      const tables = new Map([[id, defendersOf(id, all)]])
      const hasFailed = (): boolean => {
        looks += 1
        return true
      }
      for (const now of [0n, 99n]) {
        expect(all.filter((self) => !yieldsToOther(self, tables, hasFailed, now))).toEqual(all.slice(0, mostAnswers))
      }
      expect(looks).toBeLessThanOrEqual(1000 * mostAnswers)
    },
  )

  it('T4: answer for each client, however many families others have', () => {
    const id = ids[0] ?? channel.state.channelId
    const [alice, bob] = clients
    if (alice === undefined || bob === undefined) throw new Error('there are two')
    const own = { ...threat(id), answerVersion: 1n }
    const rest = { type: 'register', channel, subChannels: [], isUrgent: false, deadline: 100n } as const
    const familyOf = (at: number, client: ClientName): Defender => ({
      root: parseChannelId(`0x${at.toString(16).padStart(64, '0')}`),
      clients: [client],
      isRegistered: at % 2 === 0,
      action: at % 2 === 0 ? undefined : { ...rest, isRootRegistered: false, threats: [own] },
    })
    const all = [...Array.from({ length: 100 }, (_, at) => familyOf(at, alice)), familyOf(101, bob)]
    const tables = new Map([[id, defendersOf(id, all)]])
    const acting = all.filter((self) => self.action !== undefined && !yieldsToOther(self, tables, () => false, 0n))
    expect(acting.map(({ clients: [client] }) => client)).toEqual([bob])
  })
})
