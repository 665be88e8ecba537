import { describe, expect, it } from 'vitest'
import { newChannel, summaryOf } from '../../../src/adapter.ts'
import { type ChannelId, parseBytes, parseLedgerId, type SignedState } from '../../../src/index.ts'
import type { ChannelSize, LedgerLimits, Size } from '../../../src/spi/chain.ts'
import type { StoredChannel } from '../../../src/spi/store.ts'
import { modelLimits, modelStateHash, type TestChannel, testChannel } from '../../../src/testing/index.ts'
import { parseClientName } from '../../../src/validation/parse-client-name.ts'
import { channelIndex, entryOf } from '../../../src/watcher/channels/channel-index.ts'
import { treeRoom } from '../../../src/watcher/channels/tree-room.ts'

const client = parseClientName('alice')

/** Each channel takes ten bytes, and one for each byte of app data; what surrounds them takes five. */
const sizeOf = ({ state }: SignedState): Size => ({ bytes: 10 + (state.appData.length - 2) / 2, work: 1n })

const sizesWith =
  (settling: (signed: SignedState) => bigint | undefined) =>
  (signed: SignedState): ChannelSize => ({ ...sizeOf(signed), settling: settling(signed) })

/** A ledger that takes so much, and channels that are watched on it. */
function ledger(
  limits: Partial<LedgerLimits>,
  settling: (signed: SignedState) => bigint | undefined = () => undefined,
) {
  const index = channelIndex()
  const stored = new Map<string, StoredChannel>()
  let loads = 0
  const room = treeRoom({
    index,
    store: {
      async load(id) {
        loads += 1
        return stored.get(id)
      },
    },
    backend: { limits: { ...modelLimits, ...limits }, envelope: { bytes: 5, work: 0n }, sizeOf: sizesWith(settling) },
  })
  return {
    /** As a new state is judged: by itself first. */
    async check(signed: SignedState, parent?: ChannelId) {
      room.checkAlone(signed)
      await room.check(signed, client, parent)
    },
    checkAlone: room.checkAlone,
    loads: () => loads,
    watch({ params, state, sigs }: SignedState, ...parents: readonly TestChannel[]) {
      const id = state.channelId
      const newest = { state, sigs, hash: modelStateHash(state) }
      const parentIds = parents.map((parent) => parent.id)
      const channel = newChannel({ type: 'createChannel', id, params, parents: parentIds, clients: [client], newest })
      stored.set(id, channel)
      index.put(entryOf(summaryOf(id, channel), parseLedgerId('model:1')))
    },
  }
}

const withData = (signed: SignedState, bytes: number): SignedState => ({
  ...signed,
  state: { ...signed.state, appData: parseBytes(`0x${'ff'.repeat(bytes)}`) },
})

const sub = (): TestChannel => testChannel({ kind: 'sub', funds: 1n })
const tooLarge = { code: 'TREE_TOO_LARGE' }

describe('D1: a state that fits into no registration is refused', () => {
  it('where the channel alone is too large, in bytes, work, participants or assets', async () => {
    const channel = testChannel().signed(1n)
    const refused = { code: 'STATE_TOO_LARGE' }
    await expect(ledger({ bytes: 15 }).check(channel)).resolves.toBeUndefined()
    await expect(ledger({ bytes: 15 }).check(withData(channel, 1))).rejects.toMatchObject(refused)
    await expect(ledger({ work: 0n }).check(channel)).rejects.toMatchObject(refused)
    await expect(ledger({ participants: 1 }).check(channel)).rejects.toMatchObject(refused)
    await expect(ledger({ assets: 0 }).check(channel)).rejects.toMatchObject(refused)
  })

  it('where it could be registered, but never settled', async () => {
    const channel = testChannel().signed(1n)
    await expect(ledger({ work: 7n }, () => 7n).check(channel)).resolves.toBeUndefined()
    await expect(ledger({ work: 7n }, () => 8n).check(channel)).rejects.toMatchObject({
      code: 'STATE_TOO_LARGE',
      message: expect.stringContaining('8 units of work (gas) to conclude and pay it out; the ledger takes at most 7'),
    })
    const [root, one, two] = [testChannel(), sub(), sub()]
    const dear = (signed: SignedState): bigint | undefined => (signed.params.ledgerChannel ? 5n : undefined)
    const { check, watch } = ledger({ work: 7n }, dear)
    await expect(check(root.signed(2n, { locks: [one, two] }))).resolves.toBeUndefined()
    watch(root.signed(2n, { locks: [one, two] }))
    const three = sub()
    await expect(check(root.signed(3n, { locks: [one, two, three] }))).rejects.toMatchObject({
      ...tooLarge,
      message: expect.stringContaining('to conclude and pay it out'),
    })
    await expect(check(three.signed(1n), root.id)).rejects.toMatchObject(tooLarge)
  })

  it('where it locks more than fits, known or not', async () => {
    const root = testChannel()
    const [known, unknown] = [sub(), sub()]
    const locking = root.signed(2n, { locks: [known, unknown] })
    const roomy = ledger({ bytes: 35 })
    await expect(roomy.check(locking)).resolves.toBeUndefined()
    await expect(ledger({ bytes: 34 }).check(locking)).rejects.toMatchObject(tooLarge)
    await expect(ledger({ channels: 2 }).check(locking)).rejects.toMatchObject(tooLarge)
    roomy.watch(root.signed(1n))
    roomy.watch(withData(known.signed(1n), 1), root)
    await expect(roomy.check(locking)).rejects.toMatchObject(tooLarge)
  })

  it('where it locks more channels than fit, without a look at any of them', () => {
    const middle = testChannel({ kind: 'sub', funds: 5n })
    const { checkAlone, loads } = ledger({ channels: 2 })
    expect(() => checkAlone(middle.signed(1n, { locks: [sub()] }))).not.toThrow()
    expect(() => checkAlone(middle.signed(1n, { locks: [sub(), sub()] }))).toThrow(expect.objectContaining(tooLarge))
    expect(loads()).toBe(0)
  })

  it('where it grows below a root that has no room for it, to any depth', async () => {
    const [root, middle, bottom] = [testChannel(), testChannel({ kind: 'sub', funds: 5n }), sub()]
    const { check, watch } = ledger({ bytes: 45 })
    watch(root.signed(1n, { locks: [middle] }))
    watch(middle.signed(1n, { locks: [bottom] }), root)
    watch(bottom.signed(1n), middle)
    await expect(check(withData(bottom.signed(2n), 10))).resolves.toBeUndefined()
    await expect(check(withData(bottom.signed(2n), 11))).rejects.toMatchObject(tooLarge)
    await expect(check(withData(root.signed(2n, { locks: [middle] }), 11))).rejects.toMatchObject(tooLarge)
    // Without the lock it has room again.
    await expect(check(withData(root.signed(2n), 30))).resolves.toBeUndefined()
  })

  it('where a new channel will be locked with others that wait for their lock', async () => {
    const [root, one, two, released] = [testChannel(), sub(), sub(), sub()]
    const { check, watch } = ledger({ channels: 2 })
    watch(root.signed(1n))
    watch(released.signed(3n, { isFinal: true }), root)
    await expect(check(one.signed(1n), root.id)).resolves.toBeUndefined()
    watch(one.signed(1n), root)
    await expect(check(two.signed(1n), root.id)).rejects.toMatchObject(tooLarge)
    // A state of one that is watched already is judged by what is locked.
    await expect(check(one.signed(2n))).resolves.toBeUndefined()
  })

  it('but not for the tree of a stranger that locks it', async () => {
    const [stranger, own, shared] = [testChannel(), testChannel(), testChannel({ kind: 'virtual', funds: 1n })]
    const { check, watch } = ledger({ bytes: 40 })
    watch(withData(stranger.signed(1n, { locks: [shared] }), 15))
    watch(own.signed(1n, { locks: [shared] }))
    watch(shared.signed(1n), own)
    await expect(check(withData(shared.signed(2n), 10))).resolves.toBeUndefined()
    await expect(check(withData(shared.signed(2n), 16))).rejects.toMatchObject(tooLarge)
  })

  it('but what is held already is welcome, whatever the limits have become', async () => {
    const [root, child] = [testChannel(), sub()]
    const { check, watch } = ledger({ channels: 2, bytes: 25 })
    watch(withData(root.signed(1n, { locks: [child] }), 1))
    watch(child.signed(1n), root)
    await expect(check(child.signed(1n), root.id)).resolves.toBeUndefined()
    await expect(check(child.signed(2n))).rejects.toMatchObject(tooLarge)
  })

  it('with work that is linear in the family, and none at all for a channel that stands alone', async () => {
    const root = testChannel()
    const children = Array.from({ length: 40 }, sub)
    const { check, watch, loads } = ledger({})
    watch(root.signed(1n, { locks: children }))
    for (const child of children) watch(child.signed(1n), root)
    const [first] = children
    if (first === undefined) throw new Error('no child')
    await check(first.signed(2n))
    // All but the one that changes; then they are known.
    expect(loads()).toBe(40)
    for (const child of children) await check(child.signed(2n))
    expect(loads()).toBe(41)
    await check(testChannel().signed(1n))
    expect(loads()).toBe(41)
  })

  it('and a channel that locks itself ends nothing but the search', async () => {
    const knot = testChannel({ kind: 'sub', funds: 0n })
    const root = testChannel()
    const { check, watch } = ledger({ channels: 3 })
    watch(root.signed(1n, { locks: [knot] }))
    watch(knot.signed(1n, { locks: [knot] }), root)
    await expect(check(knot.signed(2n, { locks: [knot] }))).resolves.toBeUndefined()
  })
})
