import { describe, expect, it } from 'vitest'
import { perunRules } from '../../../src/adapter.ts'
import type { ChannelView, FamilyView } from '../../../src/dispute/family.ts'
import type { ChannelId } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { localClient } from '../../../src/validation/parse-client-name.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { assessor } from '../../../src/watcher/disputes/assessor.ts'
import { planMemory } from '../../../src/watcher/disputes/plan-memory.ts'
import { stateHashOf } from '../../support/fake-crypto.ts'
import { held, roomy } from '../../support/random-family.ts'
import { view as viewOf } from '../../support/views.ts'

const timeout = 1_000n

/** Two ledger channels that lock one virtual channel, whose record is old; and a clock that a load moves on. */
function twoFamilies() {
  const virtual = testChannel({ kind: 'virtual', funds: 50n })
  const [first, second] = [testChannel(), testChannel()].sort((a, b) => (a.id < b.id ? -1 : 1))
  if (first === undefined || second === undefined) throw new Error('there are two')
  const old = virtual.signed(1n)
  const record = {
    version: 1n,
    stateHash: stateHashOf(old.state),
    phase: 'dispute',
    timeout,
    blockNumber: 7n,
  } as const
  const index = channelIndex()
  const views = new Map<ChannelId, FamilyView>()
  const view = (channel: typeof virtual, newest = channel.signed(3n, { locks: [virtual] })): ChannelView =>
    viewOf(channel, newest)
  const child = viewOf(virtual, virtual.signed(8n), { record, registered: held(old) })
  const shared = {
    participants: 2,
    isLedger: false,
    windowSeconds: 60,
    bytes: 0,
    clients: [localClient],
    sinks: [],
    unbriefed: [],
    isFinal: false,
    olderLocks: [],
    historyLocks: [],
    historyBytes: 0,
    otherLines: [],
  }
  const nothing = { record: undefined, readAt: undefined, pending: [] }
  for (const root of [first, second]) {
    const rootView = view(root)
    index.put({
      ...shared,
      ...nothing,
      id: root.id,
      parents: [],
      version: 3n,
      hash: rootView.newest.hash,
      locks: [virtual.id],
    })
    views.set(root.id, {
      root: rootView,
      channels: new Map([
        [root.id, rootView],
        [virtual.id, child],
      ]),
      now: 0n,
      rules: perunRules,
      room: roomy,
    })
  }
  index.put({
    ...shared,
    ...nothing,
    id: virtual.id,
    parents: [first.id],
    version: 8n,
    hash: child.newest.hash,
    locks: [],
  })
  return { first, second, index, views }
}

const outside = {
  chainClock: { head: undefined, estimate: undefined, otherTimes: [] },
  turns: { async next() {} },
  planMemory: planMemory(() => 0.5),
}

/** Of families that are read at once, with time left. */
function inTime(
  { index, views }: Pick<ReturnType<typeof twoFamilies>, 'index' | 'views'>,
  hasFailed: (root: ChannelId) => boolean = () => false,
) {
  return assessor({
    ...outside,
    index,
    familyLoader: {
      noteTooLarge() {},
      load: async (root) => views.get(root),
      refresh: (family) => ({ ...family, now: timeout - 200n }),
    },
    hasFailed,
  })
}

describe('the assessor', () => {
  it('decides on the time after the last wait: what could still be answered before it may be over', async () => {
    const { first, second, index, views } = twoFamilies()
    let now = timeout - 10n
    const assess = assessor({
      ...outside,
      index,
      familyLoader: {
        noteTooLarge() {},
        async load(root) {
          const family = views.get(root)
          // A slow store: meanwhile the chain goes on.
          if (root === second.id) now = timeout + 2n
          return family
        },
        refresh: (family) => ({ ...family, now }),
      },
      hasFailed: () => false,
    })
    const { action, problems } = await assess.assess(first.id)
    expect(action).toBeUndefined()
    expect(problems).toMatchObject([{ reason: 'too-late' }])
  })

  it('leaves a shared channel to the family that comes first, and acts where that one failed', async () => {
    const { first, second, index, views } = twoFamilies()
    const failed = new Set<ChannelId>()
    const assess = inTime({ index, views }, (root) => failed.has(root))
    expect(await assess.assess(first.id)).toMatchObject({ action: { type: 'register' } })
    expect(await assess.assess(second.id)).toMatchObject({ action: undefined, isOpen: true })
    failed.add(first.id)
    expect(await assess.assess(second.id)).toMatchObject({ action: { type: 'register' } })
  })

  it('does nothing for a family whose root is forgotten by the time of the decision', async () => {
    const { first, index, views } = twoFamilies()
    const assess = inTime({ index, views })
    expect(await assess.assess(first.id)).toMatchObject({ action: { type: 'register' } })
    index.remove(first.id)
    expect(await assess.assess(first.id)).toMatchObject({ action: undefined, isOpen: false })
  })
})
