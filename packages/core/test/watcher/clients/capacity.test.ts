import { expect, test } from 'vitest'
import { silentLogger, type Throughput } from '../../../src/adapter.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { settle, setup } from '../../support/setup.ts'

/** What the engine logs of its capacity, with how many channels that were. */
function listening() {
  const heard: string[] = []
  const hear =
    (level: string) =>
    (message: string, fields = {}): void => {
      if (/at once/.test(message)) heard.push(`${level} ${JSON.stringify(fields)}`)
    }
  return { heard, logger: { ...silentLogger, info: hear('info'), warn: hear('warn') } }
}

const windowOf = (duration: bigint) => testChannel({ duration }).signed(1n)

test('what is guarded is compared with what could be answered at once, and told when it comes near and when it is too much', async () => {
  const { heard, logger } = listening()
  // Windows of 60 s hold five blocks, two of which bring an answer.
  const throughput = (): Throughput => ({ places: 5, secondsPerBlock: 12 })
  await using s = await setup({ chainOverrides: { throughput }, logger })
  expect(s.engine.capacity).toBeUndefined()
  for (let count = 1; count <= 7; count++) await s.watch(windowOf(60n))
  expect(heard).toEqual([])
  expect(s.engine.capacity).toEqual({ windowSeconds: 60, channels: 7, answerable: 10, limitedBy: 'places' })
  for (let count = 8; count <= 11; count++) await s.watch(windowOf(60n))
  expect(heard).toEqual([
    'warn {"windowSeconds":60,"channels":8,"answerable":10}',
    'warn {"windowSeconds":60,"channels":11,"answerable":10}',
  ])
})

test('it is looked at with every block: accounts run dry and are filled again, channels go', async () => {
  const { heard, logger } = listening()
  let places = 16
  await using s = await setup({ chainOverrides: { throughput: () => ({ places, secondsPerBlock: 12 }) }, logger })
  const signed = [windowOf(60n), windowOf(60n), windowOf(3_600n)]
  for (const each of signed) await s.watch(each)
  places = 0
  await s.mine()
  expect(s.engine.capacity).toEqual({ windowSeconds: 60, channels: 2, answerable: 0, limitedBy: 'places' })
  places = 1
  await s.mine()
  places = 16
  await s.mine()
  expect(heard.map((line) => line.split(' ')[0])).toEqual(['warn', 'info', 'info'])
  for (const { state } of signed) await s.engine.stopWatching(state.channelId)
  expect(s.engine.capacity).toBeUndefined()
})

test('what the accounts could not pay for counts as little, and more of it is not taken on', async () => {
  const { heard, logger } = listening()
  let payable: number | undefined = 3
  const throughput = (): Throughput => ({ places: 16, payable, secondsPerBlock: 12 })
  await using s = await setup({ chainOverrides: { throughput }, logger })
  const [parent, child] = [testChannel(), testChannel({ kind: 'sub', funds: 10n })]
  await s.watch(parent.signed(1n, { locks: [child] }))
  await s.watch(windowOf(60n))
  await s.watch(windowOf(60n))
  expect(s.engine.capacity).toEqual({ windowSeconds: 600, channels: 3, answerable: 3, limitedBy: 'funds' })
  const next = windowOf(60n)
  await expect(s.watch(next)).rejects.toMatchObject({ code: 'ACCOUNT_UNDERFUNDED', retryable: true })
  expect(s.engine.channel(next.state.channelId)).toBeUndefined()
  // It goes into the registration of its parent; and what is guarded stays, whatever becomes of the accounts.
  await s.watch(child.signed(1n), parent)
  payable = 0
  await s.watch(parent.signed(2n, { locks: [child] }))
  await s.mine()
  expect(heard.at(-1)).toMatch(/^warn .*"answerable":0/)
  payable = 4
  await s.watch(next)
  // A backend that does not know what its accounts hold refuses nothing.
  payable = undefined
  await s.watch(windowOf(60n))
})

test.each([
  [0, 0, true],
  [50, 1, true],
  [50, 0, false],
])('an operator chooses for how much of it the accounts must suffice: %d percent', async (percent, paid, isTaken) => {
  const throughput = (): Throughput => ({ places: 16, payable: paid, secondsPerBlock: 12 })
  await using s = await setup({ chainOverrides: { throughput }, fundedPercent: percent })
  const watched = s.watch(windowOf(60n)).then(() => s.watch(windowOf(60n)))
  expect(
    await watched.then(
      () => true,
      () => false,
    ),
  ).toBe(isTaken)
})

test('channels below others need no room of their own, and are counted', async () => {
  const throughput = (): Throughput => ({ places: 5, secondsPerBlock: undefined })
  await using s = await setup({ chainOverrides: { throughput } })
  const [parent, child] = [testChannel(), testChannel({ kind: 'sub', funds: 10n, duration: 60n })]
  await s.watch(parent.signed(1n, { locks: [child] }))
  await s.watch(child.signed(1n), parent)
  expect(s.engine.capacity).toMatchObject({ windowSeconds: 600, channels: 1 })
  expect(s.engine.stats.nestedChannels).toBe(1)
})

test.each<[string, () => Throughput]>([
  ['lies', () => ({ places: Number.NaN, secondsPerBlock: 12 })],
  ['lies of time', () => ({ places: 16, secondsPerBlock: 0 })],
  [
    'throws',
    () => {
      throw new Error('no')
    },
  ],
])('a backend that %s about it is not believed, and nothing else suffers', async (_, throughput) => {
  const { heard, logger } = listening()
  await using s = await setup({ chainOverrides: { throughput }, logger })
  await s.watch(windowOf(60n))
  await s.mine()
  await settle()
  expect(s.engine.capacity).toBeUndefined()
  expect(s.engine.stats.channels).toBe(1)
  expect(heard).toEqual([])
})
