import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertNever, type StoreChange } from '../../../src/adapter.ts'
import {
  type ChannelId,
  type HeldState,
  hasCode,
  memoryStore,
  parseClientName,
  parseStateHash,
  WatcherError,
} from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { cachingStore } from '../../../src/watcher/channels/caching-store.ts'
import { keptRef } from '../../../src/watcher/channels/kept-states.ts'

const channels = [testChannel(), testChannel()] as const

type Kind = 'putNewest' | 'putLinks' | 'putKept' | 'putOlder' | 'dropKept' | OfLine | 'removeChannel' | 'createChannel'
type OfLine = 'createLine' | 'putLineClients' | 'putLineNewest' | 'removeLine'

type Step =
  | { readonly type: 'answer'; readonly choice: number }
  | { readonly type: 'load'; readonly channel: 0 | 1 }
  | { readonly type: 'commit'; readonly channel: 0 | 1; readonly kind: Kind; readonly fate: Fate }

type Fate = 'carried out' | 'refused' | 'failed and carried out' | 'failed'

/** A store whose answers come when the test says so, while commits take effect in the order in which they were called. */
function slowStore() {
  const disk = memoryStore()
  const answers: (() => void)[] = []
  const effects: (() => Promise<void>)[] = []
  const fates: Fate[] = []

  const answered = (): Promise<void> => new Promise((resolve) => answers.push(resolve))

  /** In the order of the calls, up to the one that is answered now. */
  async function takeEffect(last = effects.at(-1)): Promise<void> {
    if (last === undefined || !effects.includes(last)) return
    for (let next = effects.shift(); next !== undefined; next = effects.shift()) {
      await next()
      if (next === last) return
    }
  }

  return {
    disk,
    fates,
    takeEffect,
    /** @returns whether anybody waited for it. */
    answer(choice: number): boolean {
      const [next] = answers.splice(choice % Math.max(answers.length, 1), 1)
      next?.()
      return next !== undefined
    },
    store: {
      ...disk,
      async load(id: ChannelId) {
        await answered()
        const found = await disk.load(id)
        await answered()
        return found
      },
      async commit(changes: readonly StoreChange[]) {
        const fate = fates.shift() ?? 'carried out'
        let refusal: unknown
        const effect = async (): Promise<void> => {
          if (fate === 'failed' || fate === 'refused') return
          await disk.commit(changes).catch((error: unknown) => {
            refusal = error
          })
        }
        effects.push(effect)
        await answered()
        // What others called before may still have to be carried out.
        if (fate === 'refused') throw new WatcherError('STORE_STALE_WRITE', 'Refused.')
        if (fate === 'failed and carried out') throw new WatcherError('STORE_FAILED', 'Nobody knows.')
        await takeEffect(effect)
        if (fate === 'failed') throw new WatcherError('STORE_FAILED', 'Nobody knows.')
        if (refusal !== undefined) throw refusal
      },
    },
  }
}

const channel = fc.constantFrom<0 | 1>(0, 0, 0, 1)

/** After a failure a channel is not remembered for a while: rare, so that much happens before. */
const fate = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Fate>('carried out') },
  { weight: 3, arbitrary: fc.constant<Fate>('refused') },
  { weight: 3, arbitrary: fc.constantFrom<Fate>('failed and carried out', 'failed') },
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('load' as const), channel }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      channel,
      kind: fc.constantFrom<Kind>(
        'putNewest',
        'putNewest',
        'putLinks',
        'putKept',
        'putOlder',
        'dropKept',
        'createLine',
        'putLineClients',
        'putLineNewest',
        'removeLine',
        'removeChannel',
        'createChannel',
      ),
      fate,
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('answer' as const), choice: fc.nat({ max: 7 }) }) },
)

interface Walk {
  run(steps: readonly Step[]): Promise<void>
  /** Once nothing is under way any more. */
  compare(): Promise<void>
}

function heldAt(version: bigint, { signed }: (typeof channels)[0]): HeldState {
  const { state, sigs } = signed(version)
  return { state, sigs, hash: parseStateHash(`0x${version.toString(16).padStart(64, '0')}`) }
}

function createChange(version: bigint, channel: (typeof channels)[0]): StoreChange {
  const { id, params } = channel
  return { type: 'createChannel', id, params, parents: [], clients: [], newest: heldAt(version, channel) }
}

async function walk(limitBytes: number): Promise<Walk> {
  const slow = slowStore()
  await slow.disk.commit(channels.map((channel) => createChange(1n, channel)))
  const remembering = cachingStore(slow.store, limitBytes)
  const running: Promise<unknown>[] = []
  /** Versions go up: per channel the highest one of which it was said that it is stored. */
  const acknowledged = new Map<ChannelId, bigint>()
  let version = 1n

  async function commit(kind: Kind, channel: (typeof channels)[0]): Promise<void> {
    version += 1n
    const own = version
    const kept = await firstKept(channel.id)
    const change = changeOf(kind, channel, own, kept)
    await remembering.commit([change])
    if (kind === 'putNewest') acknowledged.set(channel.id, own)
    if (kind === 'removeChannel') acknowledged.delete(channel.id)
  }

  /** As the store has it at the time of the call: nobody drops what is not kept. */
  async function firstKept(id: ChannelId): Promise<HeldState | undefined> {
    for await (const held of slow.disk.history(id, 0)) return held
    return undefined
  }

  async function load({ id }: (typeof channels)[0]): Promise<void> {
    const least = acknowledged.get(id) ?? 0n
    const found = await remembering.load(id)
    if (found !== undefined) expect(found.newest.state.version).toBeGreaterThanOrEqual(least)
  }

  function take(step: Step): void {
    switch (step.type) {
      case 'answer':
        slow.answer(step.choice)
        break
      case 'load':
        running.push(load(channels[step.channel]))
        break
      case 'commit':
        slow.fates.push(step.fate)
        running.push(commit(step.kind, channels[step.channel]).catch(assertExpected))
        break
      default:
        assertNever(step)
    }
  }

  async function answerAll(): Promise<void> {
    while (slow.answer(0)) await settled()
  }

  return {
    async run(steps) {
      for (const step of steps) {
        take(step)
        await settled()
      }
      await answerAll()
      await Promise.all(running)
      await slow.takeEffect()
    },
    async compare() {
      for (const { id } of channels) {
        const reading = remembering.load(id)
        await answerAll()
        expect(await reading).toEqual(await slow.disk.load(id))
      }
    },
  }
}

function changeOf(
  kind: Kind,
  channel: (typeof channels)[0],
  version: bigint,
  older: HeldState | undefined,
): StoreChange {
  const { id } = channel
  switch (kind) {
    case 'createChannel':
      return createChange(version, channel)
    case 'putLinks':
      return { type: kind, id, parents: [], clients: [parseClientName(`client-${version}`)] }
    case 'removeChannel':
      return { type: kind, id }
    case 'putNewest':
      return { type: kind, id, line: 0, held: heldAt(version, channel) }
    case 'putLineNewest':
      return { type: 'putNewest', id, line: 1, held: heldAt(version, channel) }
    case 'createLine':
      return { type: kind, id, line: 1, clients: [], newest: heldAt(version, channel) }
    case 'putLineClients':
      return { type: kind, id, line: 1, clients: [parseClientName(`client-${version}`)] }
    case 'removeLine':
      return { type: kind, id, line: 1 }
    // Each state has a version of its own, so that none is kept twice.
    case 'putKept':
      return { type: kind, id, line: 0, held: heldAt(version, channel) }
    case 'putOlder':
      return { type: kind, id, line: 0, older: older === undefined ? [] : [older] }
    case 'dropKept':
      return { type: kind, id, line: 0, states: older === undefined ? [] : [keptRef(older)] }
    default:
      return assertNever(kind)
  }
}

describe('a store that remembers', () => {
  it('never says anything else than the store behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 1_000_000), async (steps, limitBytes) => {
        const { run, compare } = await walk(limitBytes)
        await run(steps)
        await compare()
        // What the first reading put there.
        await compare()
      }),
      { numRuns: 4_000 },
    )
  })

  it.each<[readonly Fate[], readonly number[]]>([
    [
      ['carried out', 'carried out'],
      [1, 0],
    ],
    // What failed is carried out when all the others are answered.
    [
      ['carried out', 'failed and carried out'],
      [1, 0],
    ],
    [
      ['carried out', 'carried out', 'failed and carried out'],
      [2, 1, 0],
    ],
    [
      ['failed', 'carried out', 'failed and carried out'],
      [2, 0, 0],
    ],
    [
      ['failed and carried out', 'refused'],
      [0, 0],
    ],
  ])('is asked again after commits that overlapped: %j, answered as %j', async (fates, answers) => {
    const [channel] = channels
    const slow = slowStore()
    const answer = async (number: number): Promise<void> => {
      slow.answer(number)
      await settled()
    }
    const put = (version: bigint): Promise<unknown> => {
      const older = [heldAt(version, channel)]
      return remembering.commit([{ type: 'putOlder', id: channel.id, line: 0, older }]).catch(assertExpected)
    }
    const versionRead = async (): Promise<bigint | undefined> => {
      const reading = remembering.load(channel.id)
      await answer(0)
      await answer(0)
      return (await reading)?.older[0]?.state.version
    }
    const kept = fates.map((_, index): StoreChange => {
      return { type: 'putKept', id: channel.id, line: 0, held: heldAt(BigInt(index), channel) }
    })
    await slow.disk.commit([createChange(9n, channel), ...kept])
    const remembering = cachingStore(slow.store, 1_000_000)
    await versionRead()
    slow.fates.push(...fates)
    const commits = fates.map((_, index) => put(BigInt(index)))
    for (const number of answers) await answer(number)
    await Promise.all(commits)
    await versionRead()
    await slow.takeEffect()
    expect(await versionRead()).toBe(BigInt(fates.findLastIndex((fate) => fate.endsWith('carried out'))))
  })

  it('is asked again if it was read while a commit was under way, though another one was over', async () => {
    const [channel] = channels
    const { id } = channel
    const slow = slowStore()
    await slow.disk.commit([createChange(1n, channel)])
    const remembering = cachingStore(slow.store, 1_000_000)
    const put = (version: bigint): Promise<void> =>
      remembering.commit([{ type: 'putNewest', id, line: 0, held: heldAt(version, channel) }])
    const answerNext = async (): Promise<void> => {
      slow.answer(0)
      await settled()
    }
    const commits = [put(2n), put(3n)]
    await answerNext()
    const reading = remembering.load(id)
    // The read reaches the store before the second commit does, and its answer comes after.
    slow.answer(1)
    await settled()
    await answerNext()
    await answerNext()
    await Promise.all([...commits, reading])
    const again = remembering.load(id)
    await answerNext()
    await answerNext()
    expect((await again)?.newest.state.version).toBe(3n)
  })

  it('knows every change of a commit', async () => {
    const [channel] = channels
    const { id } = channel
    const inner = memoryStore()
    const remembering = cachingStore(inner, 1_000_000)
    await remembering.commit([createChange(1n, channel)])
    await remembering.commit([
      { type: 'putNewest', id, line: 0, held: heldAt(2n, channel) },
      { type: 'putKept', id, line: 0, held: heldAt(1n, channel) },
      { type: 'putOlder', id, line: 0, older: [heldAt(1n, channel)] },
      { type: 'createLine', id, line: 1, clients: [], newest: heldAt(3n, channel) },
    ])
    expect(await remembering.load(id)).toEqual(await inner.load(id))
  })

  it('is asked once about a channel that publishes often', async () => {
    const [channel] = channels
    const inner = memoryStore()
    const reads: ChannelId[] = []
    const counting = {
      ...inner,
      load: (id: ChannelId) => {
        reads.push(id)
        return inner.load(id)
      },
    }
    await inner.commit([createChange(1n, channel)])
    const remembering = cachingStore(counting, 1_000_000)
    for (const version of [2n, 3n, 4n]) {
      expect((await remembering.load(channel.id))?.newest.state.version).toBe(version - 1n)
      await remembering.commit([{ type: 'putNewest', id: channel.id, line: 0, held: heldAt(version, channel) }])
    }
    expect(reads).toEqual([channel.id])
  })
})

/** Everything that waits for nothing but promises has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

function assertExpected(error: unknown): void {
  const known = ['STORE_STALE_WRITE', 'STORE_FAILED', 'CHANNEL_UNKNOWN'] as const
  if (!known.some((code) => hasCode(error, code))) throw error
}
