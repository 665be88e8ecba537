import assert from 'node:assert/strict'
import {
  type AdjudicatorEvent,
  type ChainFact,
  type EndangeredReason,
  parseBytes,
  parseSignature,
} from '@perun-watcher/core'
import { type Mailbox, type StoredChannel, summaryOf } from '@perun-watcher/core/adapter'
import { summariesOf } from '../contents.ts'
import { alice, attempt, blockHash, bob, keptOf, record, sample, transactionHash } from '../samples.ts'
import { ledgerId, type StoreCase } from '../types.ts'

const { id: someId, held: someHeld } = sample(1)
const maxUint64 = 2n ** 64n - 1n
const maxUint256 = 2n ** 256n - 1n

const reasons: readonly EndangeredReason[] = ['sub-channel-unknown', 'late', 'too-late', 'short-sub-window']

const fact = (type: ChainFact['type'], isFinal: boolean): ChainFact => ({
  type,
  channelId: someId,
  version: maxUint64,
  timeout: 1_700_000_000n,
  finality: isFinal ? 'final' : 'seen',
  block: { number: 12n, hash: blockHash, timestamp: 1_600_000_000n },
  transactionHash: isFinal ? transactionHash : undefined,
})

/** One event of every kind, with and without its optional parts. */
const events: readonly AdjudicatorEvent[] = [
  fact('registered', false),
  fact('progressed', true),
  fact('concluded', true),
  { type: 'removed', channelId: someId, fact: fact('registered', false) },
  { type: 'learned', channelId: someId, version: 3n, transaction: transactionOf(3n) },
  { type: 'refuted', channelId: someId, version: 3n, transactionHash, secondsLeft: -4n },
  ...[undefined, 9n].map((deadline): AdjudicatorEvent => {
    const rest = { version: 3n, stateHash: someHeld(3n).hash, deadline, secondsLeft: deadline && -deadline }
    // It may wait in the mailbox of another channel.
    return { type: 'stateNeeded', channelId: sample(2).id, ...rest }
  }),
  ...reasons.map((reason, index): AdjudicatorEvent => {
    const deadline = index % 2 === 0 ? undefined : 9n
    const secondsLeft = deadline === undefined ? undefined : -9n
    const rest = { version: 3n, registeredVersion: deadline, deadline, secondsLeft, detail: 'für 渠道: "now"\n' }
    return { type: 'endangered', channelId: someId, reason, ...rest }
  }),
]

function transactionOf(version: bigint): Pick<ReturnType<typeof someHeld>, 'state' | 'sigs'> {
  const { state, sigs } = someHeld(version)
  return { state, sigs }
}

const fullMailbox: Mailbox = {
  lastSequence: 2n ** 70n,
  events: events.map((event, index) => ({ sequence: BigInt(index + 1), ledger: ledgerId, event })),
}

/** What is read is what was written: mailboxes, cursor, transactions, and extreme values. */
export const contentCases: readonly StoreCase[] = [
  {
    name: 'keeps a mailbox per client and channel',
    async run({ open }) {
      const store = await open()
      const [first, second] = [sample(1), sample(2)]
      await store.commit([first.create(1n, { clients: [alice, bob] }), second.create(1n)])
      assert.equal(await store.mailbox(first.id, alice), undefined, 'nothing waits at first')
      const mailboxes = [
        [first.id, alice, { lastSequence: 1n, events: [] }],
        [first.id, bob, { lastSequence: 2n, events: [] }],
        [second.id, alice, { lastSequence: 3n, events: [] }],
      ] as const
      for (const [id, client, mailbox] of mailboxes) await store.commit([{ type: 'putMailbox', id, client, mailbox }])
      for (const [id, client, mailbox] of mailboxes) assert.deepEqual(await store.mailbox(id, client), mailbox)
      await store.commit([{ type: 'putMailbox', id: first.id, client: alice, mailbox: undefined }])
      assert.equal(await store.mailbox(first.id, alice), undefined, 'a client that left has none')
      assert.deepEqual(await store.mailbox(first.id, bob), mailboxes[1][2], 'the other client keeps its own')
    },
  },
  {
    name: 'keeps every kind of event as it is',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      const { id } = channel
      await store.commit([channel.create(1n), { type: 'putMailbox', id, client: alice, mailbox: fullMailbox }])
      assert.deepEqual(await store.mailbox(id, alice), fullMailbox)
      const fewer = { ...fullMailbox, events: fullMailbox.events.slice(-1) }
      await store.commit([{ type: 'putMailbox', id, client: alice, mailbox: fewer }])
      assert.deepEqual(await store.mailbox(id, alice), fewer, 'a mailbox is replaced as a whole')
    },
  },
  {
    name: 'keeps values at the edges of their ranges',
    async run({ open }) {
      const store = await open()
      const locks = Array.from({ length: 59 }, (_, number) => sample(100 + number))
      const channel = sample(1, {
        challengeDuration: 2n ** 63n - 1n,
        nonce: maxUint256,
        app: parseBytes(`0x${'00'.repeat(20)}`),
        ledgerChannel: false,
        virtualChannel: true,
      })
      const large = channel.held(maxUint64, { locks, appData: parseBytes(`0x${'ff00'.repeat(32_768)}`), isFinal: true })
      const outcome = { ...large.state.outcome, balances: [[0n, maxUint256, 2n ** 64n, 2n ** 48n, 2n ** 48n - 1n]] }
      const sigs = [parseSignature('0x'), parseSignature(`0x${'01'.repeat(65)}`)]
      const newest = { ...large, sigs, state: { ...large.state, outcome } }
      const empty = { ...channel.held(0n), sigs: [] }
      const { id, params } = channel
      await store.commit([{ type: 'createChannel', id, params, parents: [], clients: [], newest: empty }])
      assert.deepEqual((await store.load(id))?.newest, empty)
      await store.commit([
        { type: 'putNewest', id, line: 0, held: newest },
        {
          type: 'putRecord',
          id,
          ledger: ledgerId,
          record: { ...record(maxUint64), phase: 'concluded', timeout: 0n, stateHash: newest.hash },
        },
      ])
      const loaded = await store.load(id)
      assert.deepEqual(loaded?.params, params)
      assert.deepEqual(loaded?.newest, newest)
      assert.equal(loaded?.records[0]?.record?.stateHash, newest.hash)
    },
  },
  {
    name: 'summarises a channel as its states say',
    async run({ open }) {
      const store = await open()
      const channel = sample(1)
      const { id, held } = channel
      const locked = [sample(2), sample(3)]
      const older = held(2n, { locks: locked.slice(0, 1) })
      await store.commit([channel.create(1n, { parents: [sample(4).id], clients: [alice, bob] })])
      const steps = [
        { type: 'putNewest', id, line: 0, held: held(5n, { locks: locked }) },
        { type: 'putKept', id, line: 0, held: older },
        { type: 'putKept', id, line: 0, held: held(1n, { locks: locked.slice(1) }) },
        { type: 'putOlder', id, line: 0, older: [older, held(1n, { locks: locked.slice(1) })] },
        { type: 'createLine', id, line: 1, clients: [alice], newest: held(1n, { locks: [sample(5)] }) },
        { type: 'putKept', id, line: 1, held: held(0n, { locks: [sample(6), ...locked] }) },
        { type: 'putOlder', id, line: 1, older: [held(0n, { locks: [sample(6), ...locked] })] },
        { type: 'dropKept', id, line: 0, states: [keptOf(older)] },
        { type: 'putRecord', id, ledger: ledgerId, record: record(3n) },
        { type: 'putLinks', id, parents: [], clients: [bob] },
        { type: 'putNewest', id, line: 0, held: held(6n, { isFinal: true }) },
        { type: 'removeLine', id, line: 1 },
        { type: 'putOlder', id, line: 0, older: [] },
      ] as const
      for (const change of [undefined, ...steps]) {
        if (change !== undefined) await store.commit([change])
        const loaded: StoredChannel | undefined = await store.load(id)
        assert.ok(loaded, 'the channel is stored')
        assert.deepEqual(await summariesOf(store), [summaryOf(id, loaded)], `after ${change?.type ?? 'createChannel'}`)
      }
    },
  },
  {
    name: 'summarises every channel once, however many there are',
    async run({ open }) {
      const store = await open()
      const ids = new Set<string>()
      for (let start = 0; start < 2_500; start += 500) {
        const channels = Array.from({ length: 500 }, (_, index) => sample(start + index))
        await store.commit(channels.map((channel) => channel.create(1n)))
        for (const { id } of channels) ids.add(id)
      }
      const listed = (await summariesOf(store)).map((summary) => summary.id)
      assert.equal(listed.length, ids.size, 'as many summaries as channels')
      assert.deepEqual(new Set(listed), ids)
    },
  },
  {
    name: 'summarises while channels come, change and go',
    async run({ open }) {
      const store = await open()
      const staying = Array.from({ length: 1_200 }, (_, number) => sample(number))
      const leaving = Array.from({ length: 30 }, (_, number) => sample(10_000 + number))
      await store.commit([...leaving, ...staying].map((channel) => channel.create(1n)))
      const seen: string[] = []
      let step = 0
      for await (const { id } of store.summaries()) {
        seen.push(id)
        const [changed, gone] = [staying[step * 40], leaving[step]]
        step++
        if (changed === undefined || gone === undefined) continue
        const { newest } = changed
        await store.commit([newest(2n), { type: 'removeChannel', id: gone.id }, sample(20_000 + step).create(1n)])
      }
      const expected = staying.map(({ id }) => id)
      const stayed = new Set<string>(expected)
      const listed = seen.filter((id) => stayed.has(id))
      assert.deepEqual(listed.toSorted(), expected.toSorted(), 'every channel that stayed is listed once')
    },
  },
  {
    name: 'keeps the cursor',
    async run({ open }) {
      const store = await open()
      assert.equal(await store.cursor(ledgerId), undefined, 'there is none before the first')
      for (const blockNumber of [0n, 7n, 2n ** 64n, 3n]) {
        await store.commit([{ type: 'putCursor', ledger: ledgerId, blockNumber }])
        assert.equal(await store.cursor(ledgerId), blockNumber)
      }
    },
  },
  {
    name: 'keeps transactions until their sequence number is spent, per lane',
    async run({ open }) {
      const store = await open()
      const journal = store.journal(ledgerId)
      const all = [attempt('aa', 1n), attempt('aa', 1n, 2n), attempt('aa', 2n), attempt('bb', 1n)]
      for (const each of all) await journal.putAttempt(each)
      await journal.putAttempt(attempt('aa', 1n))
      const hashes = async (): Promise<readonly string[]> => hashesOf(await journal.attempts())
      assert.deepEqual(await hashes(), hashesOf(all), 'each is kept once')
      assert.deepEqual(
        (await journal.attempts()).find(({ hash }) => hash === all[1]?.hash),
        all[1],
      )
      const { lane } = attempt('aa', 1n)
      await journal.forgetAttempts(lane, 0n)
      assert.deepEqual(await hashes(), hashesOf(all))
      await journal.forgetAttempts(lane, 1n)
      assert.deepEqual(await hashes(), hashesOf([attempt('aa', 2n), attempt('bb', 1n)]))
      await journal.forgetAttempts(attempt('bb', 1n).lane, 9n)
      assert.deepEqual(await hashes(), hashesOf([attempt('aa', 2n)]))
    },
  },
]

const hashesOf = (attempts: readonly { readonly hash: string }[]): readonly string[] =>
  attempts.map(({ hash }) => hash).toSorted()
