import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseClientName, type SignedState, WatcherError } from '../../../src/index.ts'
import { modelChain, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { withOtherFunds } from '../../support/other-funds.ts'
import { type Setup, setup, type Watched } from '../../support/setup.ts'
import { withAppData } from '../support.ts'

/*
 * What a client is told about the states that it gives must not depend on what others give: each game is played twice, with
 * and without them.
 */

const limits = { bytes: 20_000, channels: 6 }

interface Step {
  readonly who: 'alice' | 'stranger'
  readonly what: 'start' | 'publish' | 'lock' | 'hang'
  /** Which of the channels below. */
  readonly at: number
  readonly bytes: number
  /** Of the stranger: a line with other funds; below Alice's root; final. */
  readonly flags: readonly [boolean, boolean, boolean]
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom('alice', 'stranger'),
  what: fc.constantFrom('start', 'publish', 'publish', 'lock', 'hang'),
  at: fc.nat(2),
  bytes: fc.constantFrom(0, 3_000, 8_000, 14_000),
  flags: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
})

interface Cast {
  readonly root: TestChannel
  readonly theirs: TestChannel
  readonly below: readonly TestChannel[]
  readonly hung: readonly TestChannel[]
}

function cast(): Cast {
  const below = [
    testChannel({ kind: 'virtual', funds: 10n }),
    testChannel({ kind: 'virtual', funds: 20n }),
    testChannel({ kind: 'sub', funds: 30n }),
  ]
  const hung = Array.from({ length: 30 }, () => testChannel({ kind: 'sub', funds: 1n }))
  return { root: testChannel(), theirs: testChannel(), below, hung }
}

const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (error instanceof WatcherError ? error.code : String(error)),
  )

/** What Alice does. @returns what she is told. */
async function actAlice(s: Setup, { root, below }: Cast, watches: Map<string, Watched>, step: Step, turn: number) {
  const client = parseClientName('alice')
  const channel = below[step.at]
  const version = BigInt(turn + 2)
  if (channel === undefined) return 'nothing'
  const state = withAppData(channel.signed(version), step.bytes)
  switch (step.what) {
    case 'start':
    case 'hang':
      return await outcomeOf(
        s.watch(state, root, client).then((watch) => {
          watches.set(channel.id, watch)
        }),
      )
    case 'publish':
      return await outcomeOf(watches.get(channel.id)?.publish(state) ?? Promise.resolve())
    case 'lock': {
      const locks = below.filter((_, at) => at <= step.at || step.flags[0])
      return await outcomeOf(
        watches.get(root.id)?.publish(withAppData(root.signed(version, { locks }), step.bytes)) ?? Promise.resolve(),
      )
    }
  }
}

/** What a stranger does who holds every state of the root, and whatever else all have signed. */
async function actStranger(s: Setup, { root, theirs, below, hung }: Cast, step: Step, turn: number): Promise<void> {
  const [hasOtherFunds, isBelowOurs, isFinal] = step.flags
  const parent = isBelowOurs ? root : theirs
  const hanging = step.what === 'hang' ? hung[turn % hung.length] : below[step.at]
  if (hanging === undefined) return
  const channel = hasOtherFunds ? withOtherFunds(hanging, 77n) : hanging
  const version = BigInt(turn + (turn % 2) * 1_000)
  const state: SignedState = withAppData(channel.signed(version, { isFinal }), step.bytes)
  await outcomeOf(s.watch(state, parent, 'stranger'))
}

async function play(roles: Cast, steps: readonly Step[], hasStranger: boolean): Promise<readonly string[]> {
  await using s = await setup({ chain: modelChain({ limits }) })
  const watches = new Map([[roles.root.id as string, await s.watch(roles.root.signed(1n), undefined, 'alice')]])
  if (hasStranger) {
    await s.watch(roles.root.signed(1n), undefined, 'stranger')
    await s.watch(roles.theirs.signed(1n), undefined, 'stranger')
  }
  const told: string[] = []
  for (const [turn, each] of steps.entries()) {
    if (each.who === 'alice') told.push(`${turn} ${each.what} ${await actAlice(s, roles, watches, each, turn)}`)
    else if (hasStranger) await actStranger(s, roles, each, turn)
  }
  return told
}

describe('two clients with channels in common', () => {
  it('D6: nothing that one gives changes what the other is told about its own states', async () => {
    const refusals = new Set<string>()
    const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const roles = cast()
      const alone = await play(roles, steps, false)
      expect(await play(roles, steps, true)).toEqual(alone)
      for (const each of alone) refusals.add(each.split(' ')[2] ?? '')
    })
    await fc.assert(property, { numRuns: 150 })
    expect([...refusals]).toEqual(expect.arrayContaining(['ok', 'TREE_TOO_LARGE']))
  })
})
