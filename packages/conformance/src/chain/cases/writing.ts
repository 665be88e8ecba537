import assert from 'node:assert/strict'
import { refused, rejected } from '../../assert.ts'
import type { ChainCase } from '../types.ts'

/** Bringing states into the ledger. */
export const writingCases: readonly ChainCase[] = [
  {
    name: 'registers a state, and says which transaction of which block did it',
    async run({ backend, follow, channel, deadline, mining }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      const included = await mining(backend.register(await signed(5n), [], { deadline: await deadline() }))
      await log.until(() => log.of(id).length === 1)
      const [told] = log.of(id)
      assert.equal(told?.version, 5n)
      assert.equal(told?.transactionHash, included.transactionHash)
      assert.deepEqual(told?.block, included.block)
      assert.equal((await backend.readRecord(id)).record?.version, 5n)
    },
  },
  {
    name: 'refutes: replaces an older state without moving the timeout',
    async run({ backend, follow, place, channel, deadline, mining }) {
      const log = follow(backend)
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      await log.until(() => log.of(id).length === 1)
      await mining(backend.register(await signed(5n), [], { deadline: await deadline() }))
      await log.until(() => log.of(id).length === 2)
      const [older, newer] = log.of(id)
      assert.equal(newer?.version, 5n)
      if (!backend.rules.replacingRestartsWindow) assert.equal(newer?.timeout, older?.timeout)
    },
  },
  {
    name: 'registers a whole tree in one transaction',
    async run({ backend, follow, channel, deadline, mining }) {
      if (!backend.rules.trees) return
      const log = follow(backend)
      const child = await channel({ kind: 'sub' })
      const { id, signed } = await channel()
      const root = await signed(3n, { locks: [child] })
      const { transactionHash } = await mining(
        backend.register(root, [await child.signed(8n)], { deadline: await deadline() }),
      )
      await log.until(() => log.of(id).length === 1 && log.of(child.id).length === 1)
      assert.equal(log.of(id)[0]?.transactionHash, transactionHash)
      assert.equal(log.of(child.id)[0]?.transactionHash, transactionHash)
      assert.equal(log.of(child.id)[0]?.version, 8n)
    },
  },
  {
    name: 'where it says what a transaction changed, that is what the logs say',
    async run({ backend, follow, channel, deadline, mining }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      const { updates } = await mining(backend.register(await signed(4n), [], { deadline: await deadline() }))
      await log.until(() => log.of(id).length === 1)
      if (updates !== undefined) assert.deepEqual(updates, [{ channelId: id, version: 4n }])
    },
  },
  {
    name: 'tells that the contract refuses a state, and changes nothing',
    async run({ backend, follow, place, channel, deadline, mining }) {
      const log = follow(backend)
      const { id, signed } = await channel()
      await place.register(await signed(5n))
      await log.until(() => log.of(id).length === 1)
      const older = backend.register(await signed(4n), [], { deadline: await deadline() })
      await refused(mining(older), ['REGISTER_REVERTED'], 'an older state')
      await place.mine(1)
      assert.equal((await backend.readRecord(id)).record?.version, 5n)
    },
  },
  {
    name: 'settles a final state at once, whatever is registered',
    async run({ backend, follow, place, channel, deadline, mining }) {
      if (backend.rules.finalWins === 'never') return
      const log = follow(backend)
      const { id, signed } = await channel()
      await place.register(await signed(1n))
      await log.until(() => log.of(id).length === 1)
      const final = await signed(9n, { isFinal: true })
      const { transactionHash } = await mining(backend.concludeFinal(final, { deadline: await deadline() }))
      await log.until(() => log.of(id).length === 2)
      const told = log.of(id).at(-1)
      assert.equal(told?.phase, 'concluded')
      assert.equal(told?.version, 9n)
      assert.equal(told?.transactionHash, transactionHash)
    },
  },
  {
    name: 'refuses to settle what is not final',
    async run({ backend, follow, channel, deadline, mining }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      const conclusion = backend.concludeFinal(await signed(9n), { deadline: await deadline() })
      await refused(mining(conclusion), ['REGISTER_REVERTED'], 'a state that is not final')
      assert.equal((await backend.readRecord(id)).record, undefined)
    },
  },
  {
    name: 'sends nothing for which there is no time left',
    async run({ backend, follow, place, channel, mining }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const { id, signed } = await channel()
      // By far: what a backend last read of the chain may be some blocks old.
      const late = backend.register(await signed(1n), [], { deadline: (await place.now()) - 600n })
      await refused(mining(late), ['DEADLINE_PASSED'], 'a registration after its deadline')
      await place.mine(1)
      assert.equal((await backend.readRecord(id)).record, undefined)
    },
  },
  {
    name: 'stops waiting when it is told to, with the reason it was given',
    async run({ backend, channel, deadline }) {
      const { signed } = await channel()
      const reason = new Error('enough')
      const over = AbortSignal.abort(reason)
      const options = { deadline: await deadline(), signal: over }
      await rejected(backend.register(await signed(1n), [], options), reason, 'a registration that was called off')
    },
  },
  {
    name: 'brings several states in side by side',
    async run({ backend, follow, channel, deadline, mining }) {
      const log = follow(backend)
      await log.until(() => log.blocks.some(({ isCurrent }) => isCurrent))
      const channels = [await channel(), await channel(), await channel()]
      const until = await deadline()
      const sent = channels.map(async ({ signed }) => backend.register(await signed(2n), [], { deadline: until }))
      const included = await mining(Promise.all(sent))
      assert.equal(new Set(included.map(({ transactionHash }) => transactionHash)).size, channels.length)
      for (const { id } of channels) await log.until(() => log.of(id).length === 1)
    },
  },
]
