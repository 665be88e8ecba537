import { describe, expect, it } from 'vitest'
import { perunRules } from '../../../src/adapter.ts'
import { memoryStore, parseLedgerId } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { localClient } from '../../../src/validation/parse-client-name.ts'
import { chainClock } from '../../../src/watcher/chain/chain-clock.ts'
import { channelBook } from '../../../src/watcher/channels/channel-book.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { familyLoader } from '../../../src/watcher/disputes/family-loader.ts'
import { planMemory } from '../../../src/watcher/disputes/plan-memory.ts'
import { silentLogger } from '../../../src/watcher/engine/silent-logger.ts'
import { genesisBlock } from '../../support/genesis-block.ts'
import { held, roomy } from '../../support/random-family.ts'

/** A ledger channel with a sub-channel; whatever is done while the store is asked for one of them. */
async function family() {
  const sub = testChannel({ kind: 'sub' })
  const root = testChannel()
  const store = memoryStore()
  const index = channelIndex()
  const book = channelBook({ index, ledger: parseLedgerId('model:1'), store, onStates() {}, onDoubt() {} })
  for (const [channel, parents, locks] of [
    [root, [], [sub]],
    [sub, [root.id], []],
  ] as const) {
    const newest = held(channel.signed(1n, { locks }))
    const { id, params } = channel
    await book.create({ type: 'createChannel', id, params, parents, clients: [localClient], newest })
  }
  const clock = chainClock({ now: () => 0 })
  clock.advance(genesisBlock, undefined)
  let meanwhile: (() => void) | undefined
  const loader = familyLoader({
    index,
    store: {
      ...store,
      async load(id, options) {
        const stored = await store.load(id, options)
        meanwhile?.()
        meanwhile = undefined
        return stored
      },
    },
    chainClock: clock,
    planMemory: planMemory(() => 0.5),
    backend: roomy,
    rules: perunRules,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    logger: silentLogger,
  })
  return {
    root,
    sub,
    loader,
    forget: (id: typeof root.id) => {
      meanwhile = () => index.remove(id)
    },
  }
}

describe('a family that is loaded', () => {
  it('holds its root and what that locks', async () => {
    const { root, sub, loader } = await family()
    const loaded = await loader.load(root.id)
    expect([...(loaded?.channels.keys() ?? [])]).toEqual([root.id, sub.id])
  })

  it('is none where the root was forgotten meanwhile: it would count as never registered', async () => {
    const { root, loader, forget } = await family()
    forget(root.id)
    expect(await loader.load(root.id)).toBeUndefined()
  })

  it('does not hold a channel that was forgotten meanwhile', async () => {
    const { root, sub, loader, forget } = await family()
    forget(sub.id)
    expect([...((await loader.load(root.id))?.channels.keys() ?? [])]).toEqual([root.id])
  })
})
