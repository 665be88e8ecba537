import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClientUsage, isWatcherError, parseClientName } from '../../../src/index.ts'
import { type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { linesOf } from '../../../src/watcher/channels/lines.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { type Setup, settle, setup, type Watched } from '../../support/setup.ts'

const honest = parseClientName('hub')
const quota = 6_000

/** What both clients have to do with: one virtual channel; and a sub-channel that is the honest client's alone. */
const shared = testChannel({ kind: 'virtual', funds: 10n })
const root = testChannel({ funds: 500n })
const own = testChannel({ kind: 'sub', funds: 10n })
const theirRoot = testChannel({ funds: 500n })
/** Below a ledger channel of the honest client that nobody but strangers locks. */
const plain = testChannel({ funds: 10n })

interface Step {
  readonly who: 'honest' | 'hostile'
  readonly what: 'watch' | 'publish' | 'flood' | 'stop' | 'own' | 'plain'
  readonly version: bigint
  readonly funds: bigint
  readonly isFinal: boolean
}

const step: fc.Arbitrary<Step> = fc
  .record({
    who: fc.constantFrom<Step['who']>('honest', 'hostile'),
    what: fc.constantFrom<Step['what']>('watch', 'publish', 'publish', 'flood', 'flood', 'stop', 'own', 'plain'),
    version: fc.bigInt({ min: 0n, max: 60n }),
    funds: fc.constantFrom(10n, 10n, 20n),
    isFinal: fc.integer({ min: 0, max: 9 }).map((at) => at === 0),
  })
  // Whom a channel is charged to that its only clients left is another matter.
  .filter(({ who, what }) => who === 'hostile' || what !== 'stop')

const of = (funds: bigint): TestChannel => (funds === 10n ? shared : withOtherFunds(shared, funds))

interface Outcome {
  readonly usage: ClientUsage
  readonly answers: readonly string[]
  readonly cuts: readonly string[]
  readonly kept: readonly bigint[]
}

async function keptOf(s: Setup, acknowledged: ReadonlySet<string>): Promise<readonly bigint[]> {
  const kept = new Set<bigint>()
  const stored = await s.store.load(shared.id)
  for (const { number, newest } of linesOf(stored)) {
    if (acknowledged.has(newest.hash)) kept.add(newest.state.version)
    for await (const { state, hash } of s.store.history(shared.id, number)) {
      if (acknowledged.has(hash)) kept.add(state.version)
    }
  }
  return [...kept].sort((a, b) => Number(a - b))
}

async function play(steps: readonly Step[], funds: bigint): Promise<Outcome> {
  await using s = await setup({ historyBytes: quota })
  const answers: string[] = []
  const acknowledged = new Set<string>()
  const mine: Watched[] = []
  const theirs: Watched[] = []
  const hostile = steps.some(({ who }) => who === 'hostile')
  const setUps = {
    async honest() {
      mine.push(await s.watch(root.signed(1n, { locks: [of(funds), own] }), undefined, 'hub'))
      mine.push(await s.watch(own.signed(0n), root, 'hub'), await s.watch(plain.signed(0n), undefined, 'hub'))
      mine.push(await s.watch(of(funds).signed(0n), root, 'hub'))
      acknowledged.add(s.chain.stateHash(of(funds).signed(0n).state))
    },
    async hostile() {
      if (hostile) theirs.push(await s.watch(theirRoot.signed(1n, { locks: [shared, plain] }), undefined, 'mallory'))
    },
  }
  // The first step says who comes first.
  const first = steps[0]?.version ?? 0n
  const order = first % 2n === 0n ? [setUps.honest, setUps.hostile] : [setUps.hostile, setUps.honest]
  for (const each of order) {
    await each()
    // Whoever comes first may have the first line.
    if (each === setUps.hostile && hostile) theirs.push(await s.watch(shared.signed(first), theirRoot, 'mallory'))
  }
  const honestly: Readonly<Record<Step['what'], (each: Step) => Promise<void>>> = {
    async watch({ version }) {
      await s.watch(of(funds).signed(version), root, 'hub')
      acknowledged.add(s.chain.stateHash(of(funds).signed(version).state))
    },
    async publish({ version }) {
      const signed = of(funds).signed(version)
      await mine.find(({ channelId }) => channelId === shared.id)?.publish(signed)
      acknowledged.add(s.chain.stateHash(signed.state))
    },
    async flood() {},
    async stop() {},
    async own({ version }) {
      await mine.find(({ channelId }) => channelId === own.id)?.publish(own.signed(version))
    },
    async plain({ version }) {
      await mine.find(({ channelId }) => channelId === plain.id)?.publish(plain.signed(version))
    },
  }
  const hostilely: Readonly<Record<Step['what'], (each: Step) => Promise<void>>> = {
    ...honestly,
    async watch({ version, funds: other, isFinal }) {
      theirs.push(await s.watch(of(other).signed(version, { isFinal }), theirRoot, 'mallory'))
    },
    async publish({ version, funds: other, isFinal }) {
      await theirs.at(-1)?.publish(of(other).signed(version, { isFinal }))
    },
    async flood({ version, funds: other }) {
      const watch = theirs.at(-1)
      for (let at = version; at < version + 40n; at++) await watch?.publish(of(other).signed(at)).catch(() => {})
    },
    async stop() {
      await s.engine.stopWatching(shared.id, { client: parseClientName('mallory') })
    },
    async own({ version }) {
      await theirs[0]?.publish(theirRoot.signed(version, { locks: [shared, plain] }))
    },
    async plain() {
      theirs.push(await s.watch(plain.signed(0n), undefined, 'mallory'))
    },
  }
  for (const each of steps) {
    const doIt = each.who === 'honest' ? honestly : hostilely
    const answer = await doIt[each.what](each).then(
      () => 'taken',
      (error: unknown) => (isWatcherError(error) ? error.code : String(error)),
    )
    if (each.who === 'honest') answers.push(`${each.what} ${each.version} ${answer}`)
  }
  await settle()
  return {
    usage: s.engine.usage(honest),
    answers,
    cuts: [...new Set(mine)].flatMap(({ told }) => told.filter((event) => event.includes('history-cut'))),
    kept: await keptOf(s, acknowledged),
  }
}

describe('D6, T7: a hostile client of a shared channel', () => {
  it('changes nothing for an honest one: neither its usage, nor what is kept, cut or refused', {
    timeout: 120_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.constantFrom(10n, 20n),
        async (steps, funds) => {
          const alone = await play(
            steps.map((each) => ({ ...each })).filter(({ who }) => who === 'honest'),
            funds,
          )
          expect(await play(steps, funds)).toEqual(alone)
        },
      ),
      { numRuns: 60 },
    )
  })
})
