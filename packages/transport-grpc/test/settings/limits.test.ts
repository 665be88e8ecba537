import { describe, expect, it } from 'vitest'
import { parseConnectionLimits, parseServerLimits } from '../../src/settings/limits.ts'
import { pair, serve, talk } from '../support/world.ts'

const linkNames = ['maxMessageBytes', 'openTimeoutMs', 'heartbeatMs'] as const
const serverNames = [
  ...linkNames,
  'maxConnections',
  'maxUnopened',
  'maxConnectionsPerClient',
  'maxConnectionsPerAddress',
  'maxAnonymousCalls',
  'maxBufferedBytes',
  'messagesPerSecond',
  'bytesPerSecond',
  'idleTimeoutMs',
] as const

const each = (names: readonly string[], value: number): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, value]))

describe('limits', () => {
  it('are those of the documentation where nothing else is given', () => {
    const both = { maxMessageBytes: 262_144, openTimeoutMs: 10_000, heartbeatMs: 30_000 }
    expect(parseConnectionLimits()).toEqual(both)
    expect(parseServerLimits()).toEqual({
      ...both,
      maxConnections: 10_000,
      maxUnopened: 1_000,
      maxConnectionsPerClient: 16,
      maxConnectionsPerAddress: 256,
      maxAnonymousCalls: 256,
      maxBufferedBytes: 268_435_456,
      messagesPerSecond: 20_000,
      bytesPerSecond: 67_108_864,
      idleTimeoutMs: 120_000,
    })
  })

  it('are taken as they are given, one by one', () => {
    for (const name of linkNames)
      expect(parseConnectionLimits({ [name]: 7 })).toEqual({ ...parseConnectionLimits(), [name]: 7 })
    for (const name of serverNames)
      expect(parseServerLimits({ [name]: 7 })).toEqual({ ...parseServerLimits(), [name]: 7 })
  })

  it.each(serverNames)('%s is a whole number of at least 1', (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => parseServerLimits({ [name]: value })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    }
  })

  it('that are larger than what timers take stay within 31 bits', async () => {
    const huge = each(serverNames, Number.MAX_SAFE_INTEGER)
    for (const name of serverNames) expect(parseServerLimits(huge)[name]).toBe(2 ** 30)
    const world = await serve({ limits: huge })
    await talk(await pair(world, { limits: each(linkNames, Number.MAX_SAFE_INTEGER) }))
  })
})
