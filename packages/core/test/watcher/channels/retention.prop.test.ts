import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { perunRules, silentLogger } from '../../../src/adapter.ts'
import type { ChannelView, FamilyView, TreeNode } from '../../../src/dispute/family.ts'
import { isRefuted, planTree, type TreePlan } from '../../../src/dispute/plan-tree.ts'
import { type ChannelId, memoryStore, parseBlockHash, type SignedState } from '../../../src/index.ts'
import {
  type ModelDisputes,
  modelBackend,
  modelRecord,
  type TestChannel,
  testChannel,
} from '../../../src/testing/index.ts'
import { parseClientName } from '../../../src/validation/parse-client-name.ts'
import { parseLedgerId } from '../../../src/validation/parse-ledger-id.ts'
import { chainClock } from '../../../src/watcher/chain/chain-clock.ts'
import { channelBook } from '../../../src/watcher/channels/channel-book.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { stateChecker } from '../../../src/watcher/channels/state-checker.ts'
import { treeRoom } from '../../../src/watcher/channels/tree-room.ts'
import { familyLoader } from '../../../src/watcher/disputes/family-loader.ts'
import { planMemory } from '../../../src/watcher/disputes/plan-memory.ts'
import { contract } from '../../support/contract.ts'
import { sign } from '../../support/fake-crypto.ts'
import { type Draw, drawFrom, held, tryCall } from '../../support/random-family.ts'
import { stillClock } from '../../support/setup.ts'

/*
 * The theorem of docs/disputes.md, "What is kept and why": a watcher that keeps states by the rule plans the same tree as one
 * that keeps everything, whatever an adversary does. Both are driven through games that the adversary plays against them:
 * the real parts that decide what is kept, the real planner, and the model of the contract.
 */

const someHash = parseBlockHash(`0x${'00'.repeat(32)}`)
const sometimes = [true, false, false] as const
const evenly = [true, false] as const

interface Player {
  readonly channel: TestChannel
  readonly parents: readonly TestChannel[]
  /** What its states may lock. */
  readonly lockable: readonly TestChannel[]
  /** Signed by all, oldest first. */
  readonly states: SignedState[]
  readonly acknowledged: Set<SignedState>
}

function makePlayers(draw: Draw): readonly [Player, ...Player[]] {
  const duration = (): bigint => draw([2n, 3n, 4n])
  const player = (channel: TestChannel, parents: readonly TestChannel[], lockable: readonly TestChannel[]): Player => {
    return { channel, parents, lockable, states: [], acknowledged: new Set() }
  }
  const t = testChannel({ kind: draw(['sub', 'virtual']), funds: 10n, duration: duration() })
  const isNested = draw(evenly)
  const s = testChannel({ kind: 'sub', funds: 100n, duration: duration(), hasApp: draw(sometimes) })
  const u = testChannel({ kind: 'sub', funds: 50n, duration: duration() })
  const r = testChannel({ funds: 1_000n, duration: duration(), hasApp: draw(sometimes) })
  const below = isNested ? [s, u] : [s, t, u]
  return [
    player(r, [], below),
    player(s, [r], isNested ? [t] : []),
    player(t, [isNested ? s : r], []),
    player(u, [r], []),
  ]
}

function nextState({ channel, lockable, states }: Player, draw: Draw): SignedState {
  const version = (states.at(-1)?.state.version ?? 0n) + 1n
  const locks = lockable.filter(() => draw(evenly))
  return channel.signed(version, { locks, isFinal: locks.length === 0 && version > 4n && draw(sometimes) })
}

/** A game: what the adversary has made of the ledger, and what both watchers hold. */
function game(draw: Draw) {
  const players = makePlayers(draw)
  const byId = new Map(players.map((player) => [player.channel.id, player]))
  const ledger = parseLedgerId('model:1')
  const index = channelIndex()
  const store = memoryStore()
  const book = channelBook({ index, ledger, store, onStates() {}, onDoubt() {} })
  const checker = stateChecker({
    index,
    store,
    backend: modelBackend,
    treeRoom: treeRoom({ index, store, backend: modelBackend }),
  })
  const client = parseClientName('local')
  let disputes: ModelDisputes = new Map()
  let now = 1_000n
  const clock = chainClock({ now: () => 0 })
  const loader = familyLoader({
    index,
    store,
    chainClock: clock,
    planMemory: planMemory(Math.random),
    backend: modelBackend,
    rules: perunRules,
    clock: stillClock,
    logger: silentLogger,
  })

  function move(call: () => { readonly disputes: ModelDisputes }): void {
    disputes = tryCall(call)?.disputes ?? disputes
    for (const { channel } of players) book.observe(channel.id, { record: modelRecord(disputes.get(channel.id), now) })
  }

  async function acknowledge(player: Player, signed: SignedState): Promise<void> {
    const { id, params } = player.channel
    const found = await book.lookUp(id)
    if (found === undefined) {
      const parents = player.parents.map((parent) => parent.id)
      await book.create({ type: 'createChannel', id, params, parents, clients: [client], newest: held(signed) })
      book.observe(id, { record: modelRecord(disputes.get(id), now) })
    } else {
      try {
        const changes = await checker.acceptChecked(found, held(signed), client)
        if (changes !== undefined) await book.commit(found, changes)
      } catch {
        // Refused: nothing is promised about it.
        return
      }
    }
    player.acknowledged.add(signed)
  }

  /** Everything that was acknowledged, whether a rule keeps it or not. */
  function everything(view: FamilyView): FamilyView {
    const channels = new Map<ChannelId, ChannelView>()
    for (const player of players) {
      const { id, params } = player.channel
      const all = [...player.acknowledged].map(held).sort((a, b) => (a.state.version < b.state.version ? 1 : -1))
      const [newest] = all
      if (newest === undefined) continue
      const record = modelRecord(disputes.get(id), now)
      channels.set(id, { id, params, newest, candidates: all, record })
    }
    return { ...view, root: channels.get(view.root.id) ?? view.root, channels }
  }

  function treeBelow(signed: SignedState): readonly SignedState[] {
    return signed.state.outcome.locked.flatMap(({ channelId }) => {
      const [first, ...rest] = byId.get(channelId)?.states ?? []
      if (first === undefined) return []
      const chosen = draw([first, ...rest])
      return [chosen, ...treeBelow(chosen)]
    })
  }

  function anyState({ states }: Player): SignedState | undefined {
    const [first, ...rest] = states
    return first && draw([first, ...rest])
  }

  function strike(): void {
    const root = anyState(players[0])
    if (root !== undefined) move(() => contract.register(disputes, root, treeBelow(root), now))
  }

  /** Below an own root of duration 0: registered, and concluded at once if wanted. */
  function strikeElsewhere(): void {
    const target = anyState(draw([players[1] ?? players[0], ...players.slice(2)]))
    const channel = target && byId.get(target.state.channelId)?.channel
    if (target === undefined || channel === undefined) return
    const root = testChannel({ funds: 10_000n, duration: 1n }).signed(1n, { locks: [channel] })
    const below = [target, ...treeBelow(target)]
    move(() => contract.register(disputes, root, below, now))
    if (!draw(evenly)) return
    move(() =>
      contract.conclude(
        disputes,
        root,
        below.map(({ state }) => state),
        now + 1n,
      ),
    )
  }

  function play(): void {
    const old = anyState(draw(players))
    const channel = old && byId.get(old.state.channelId)?.channel
    if (old === undefined || channel === undefined) return
    const state = { ...old.state, version: old.state.version + 1n }
    const sig = sign(channel.params.participants[0]?.address ?? '0x', state)
    move(() =>
      contract.progress(disputes, { params: channel.params, stateOld: old.state, state, actorIdx: 0, sig }, now),
    )
  }

  /** What the watcher sends is included first in the next block. */
  function answer(plan: TreePlan): void {
    if (plan.type !== 'tree') return
    const [root, ...subs] = plan.nodes.map(({ channel, held: { state, sigs } }) => ({
      params: channel.params,
      state,
      sigs,
    }))
    if (root !== undefined && plan.nodes.some(isRefuted)) move(() => contract.register(disputes, root, subs, now))
  }

  async function signNext(player: Player): Promise<void> {
    const signed = nextState(player, draw)
    player.states.push(signed)
    // Some are in flight for a while: the adversary has them, the watcher not yet.
    if (!draw(sometimes)) await acknowledge(player, signed)
  }

  async function acknowledgeLate(player: Player): Promise<void> {
    const late = player.states.find((signed) => !player.acknowledged.has(signed))
    if (late !== undefined) await acknowledge(player, late)
  }

  const moves = [signNext, signNext, signNext, acknowledgeLate, strike, strikeElsewhere, strikeElsewhere, play] as const

  return {
    async step(): Promise<readonly [TreePlan, TreePlan] | undefined> {
      const player = draw(players)
      const count = draw([1, 2, 3])
      for (let made = 0; made < count; made++) await draw(moves)(player)
      now += draw([0n, 1n, 1n])
      clock.advance({ number: now, hash: someHash, timestamp: now }, undefined)
      const view = await loader.load(players[0].channel.id)
      if (view === undefined) return undefined
      const plans = [planTree(everything(view)), planTree(view)] as const
      now += 1n
      answer(plans[0])
      return plans
    },
  }
}

/** The root and what a plan replaces; nothing where it changes no record: such a plan is not sent. */
function effect(plan: TreePlan): readonly string[] {
  if (plan.type !== 'tree') return []
  const name = ({ channel, held: { state } }: TreeNode): string => `${channel.id.slice(2, 6)}@${state.version}`
  const refuted = plan.nodes.filter(isRefuted)
  return refuted.length === 0 ? [] : [name(plan.nodes[0]), ...refuted.map(name)]
}

describe('what is kept of a channel', () => {
  it('D4: is enough to plan the same trees as with everything that was ever acknowledged', async () => {
    const seen = { trees: 0, obstructed: 0, older: 0 }
    function count(plan: TreePlan): void {
      if (plan.type === 'obstructed') seen.obstructed += 1
      else seen.trees += 1
      if (plan.type === 'tree' && plan.nodes.some(({ channel, held: state }) => channel.newest !== state))
        seen.older += 1
    }
    const property = fc.asyncProperty(fc.noShrink(fc.integer()), async (seed) => {
      const playing = game(drawFrom(seed))
      for (let step = 0; step < 40; step++) {
        const plans = await playing.step()
        if (plans === undefined) continue
        const [everything, kept] = plans
        expect(effect(kept)).toEqual(effect(everything))
        count(kept)
      }
      await setImmediate()
    })
    await fc.assert(property, { numRuns: 100 })
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100)
  })
})
