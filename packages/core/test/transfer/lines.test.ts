import { describe, expect, it } from 'vitest'
import {
  exportedLedgers,
  exportLines,
  importLines,
  type Mailbox,
  type Store,
  type StoreChange,
} from '../../src/adapter.ts'
import {
  type AdjudicatorEvent,
  type HeldState,
  type LedgerId,
  memoryStore,
  parseBytes,
  parseClientName,
  parseLedgerId,
  parseTransactionHash,
} from '../../src/index.ts'
import { modelStateHash, testChannel } from '../../src/testing/index.ts'
import { endangered, fact, refuted, removed, stateNeeded } from '../support/events.ts'

const [ledger, otherLedger] = [parseLedgerId('ledger:1'), parseLedgerId('ledger:2')]
const served = [ledger, otherLedger]
const alice = parseClientName('alice')
const [first, second] = [testChannel(), testChannel()]

function held(channel: typeof first, version: bigint, locks: readonly (typeof first)[] = []): HeldState {
  const { state, sigs } = channel.signed(version, { locks })
  return { state, sigs, hash: modelStateHash(state) }
}

const lent = first.signed(4n)

const events: readonly AdjudicatorEvent[] = [
  fact('registered', 3n),
  fact('concluded', 3n, 'final'),
  { ...fact('progressed', 3n), transactionHash: undefined },
  removed(3n),
  { type: 'learned', channelId: first.id, version: 4n, transaction: { state: lent.state, sigs: lent.sigs } },
  refuted(4n),
  {
    type: 'endangered',
    channelId: first.id,
    reason: 'late',
    version: 3n,
    registeredVersion: 1n,
    deadline: 5n,
    secondsLeft: -7n,
    detail: 'spät: "now"\n',
  },
  endangered('state-unknown'),
  stateNeeded(2n),
  { ...stateNeeded(2n), deadline: 5n, secondsLeft: -7n },
]

const mailbox: Mailbox = {
  lastSequence: 2n ** 70n,
  events: events.map((event, index) => ({
    sequence: BigInt(index + 1),
    ledger: index % 2 === 0 ? ledger : otherLedger,
    event,
  })),
}

const record = { version: 3n, phase: 'dispute', timeout: 9n, stateHash: undefined, blockNumber: 4n } as const

const content: readonly StoreChange[] = [
  {
    type: 'createChannel',
    id: first.id,
    params: { ...first.params, nonce: 2n ** 255n },
    parents: [],
    clients: [alice],
    newest: held(first, 2n ** 63n, [second]),
  },
  { type: 'putKept', id: first.id, line: 0, held: held(first, 3n) },
  { type: 'putKept', id: first.id, line: 0, held: held(first, 2n) },
  { type: 'putKept', id: first.id, line: 0, held: held(first, 1n) },
  { type: 'putOlder', id: first.id, line: 0, older: [held(first, 3n), held(first, 1n)] },
  { type: 'createLine', id: first.id, line: 2, clients: [alice], newest: held(first, 7n) },
  { type: 'putKept', id: first.id, line: 2, held: held(first, 6n) },
  { type: 'putRecord', id: first.id, ledger, record },
  { type: 'putRecord', id: first.id, ledger: otherLedger, record: undefined },
  { type: 'putMailbox', id: first.id, client: alice, mailbox },
  {
    type: 'createChannel',
    id: second.id,
    params: second.params,
    parents: [first.id],
    clients: [],
    newest: held(second, 0n),
  },
  { type: 'putCursor', ledger: otherLedger, blockNumber: 2n ** 64n },
]

const attempt = {
  lane: `0x${'aa'.repeat(20)}`,
  sequence: 7n,
  hash: parseTransactionHash(`0x${'ab'.repeat(32)}`),
  raw: parseBytes('0x02'),
}

async function filled(): Promise<Store> {
  const store = await opened()
  for (const each of served) await store.bind(each)
  await store.commit(content)
  await store.journal(otherLedger).putAttempt(attempt)
  return store
}

async function opened(of: readonly LedgerId[] = served): Promise<Store> {
  const store = memoryStore()
  await store.open(of)
  return store
}

async function linesOf(store: Store): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of exportLines(store)) lines.push(line)
  return lines
}

describe('an export of a store', () => {
  it('brings everything into another store', async () => {
    const source = await filled()
    const lines = await linesOf(source)
    for (const line of lines) expect(line).not.toContain('\n')
    const target = await opened()
    expect(await importLines(target, lines)).toBe(10)
    for (const { id } of [first, second]) expect(await target.load(id)).toEqual(await source.load(id))
    for (const [version, line] of [
      [1n, 0],
      [2n, 0],
      [3n, 0],
      [6n, 2],
    ] as const) {
      const { hash } = held(first, version)
      expect(await target.kept(first.id, line, version, hash)).toEqual(held(first, version))
    }
    expect(target.ledgers).toEqual(served)
    expect(await target.mailbox(first.id, alice)).toEqual(mailbox)
    expect(await target.cursor(otherLedger)).toBe(2n ** 64n)
    expect(await target.cursor(ledger)).toBeUndefined()
    expect(await target.journal(otherLedger).attempts()).toEqual([attempt])
    expect(await target.journal(ledger).attempts()).toEqual([])
    expect(await linesOf(target)).toEqual(lines)
  })

  it('writes numbers as decimal text', async () => {
    const lines = await linesOf(await filled())
    expect(lines[1]).toContain(`"version":"${2n ** 63n}"`)
    expect(lines[1]).toContain(`"nonce":"${2n ** 255n}"`)
  })

  it('is refused by a store of another ledger, and where a channel exists', async () => {
    const lines = await linesOf(await filled())
    await expect(importLines(await opened([ledger]), lines)).rejects.toMatchObject({
      code: 'STORE_OF_ANOTHER_LEDGER',
    })
    await expect(importLines(await filled(), lines)).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
  })

  it('is refused where lines are missing, too many, or of another format', async () => {
    const lines = await linesOf(await filled())
    const broken = [
      lines.slice(0, -1),
      lines.slice(1),
      [...lines.slice(0, 1), ...lines.slice(2)],
      [...lines, lines[1] ?? ''],
      [...lines.slice(0, 1), ...lines],
      [],
      lines.map((line) => line.replace('"format":2', '"format":3')),
      // What is there belongs to channels that are not.
      lines
        .filter((line) => !/^\{"type":"(?:channel|older)"/.test(line))
        .map((line) => line.replace('"items":10', '"items":7')),
      // The states that are named are not there.
      lines.filter((line) => !line.startsWith('{"type":"kept"')).map((line) => line.replace('"items":10', '"items":6')),
    ]
    for (const each of broken) {
      await expect(importLines(await opened(), each)).rejects.toMatchObject({ code: 'EXPORT_INVALID' })
    }
  })

  it.each([
    ['"version":"3"', '"version":3', 'version'],
    ['"version":"3"', '"version":"-3"', 'version'],
    ['"phase":"dispute"', '"phase":"quarrel"', 'phase'],
    ['"type":"learned"', '"type":"dreamt"', 'type'],
    ['"reason":"late"', '"reason":"toString"', 'reason'],
    ['"isFinal":false', '"isFinal":"no"', 'isFinal'],
    [first.id, second.id, 'channelId'],
    ['"clients":["alice"]', '"clients":["al ice"]', 'client name'],
    ['{"type":"channel"', '{"type":"chanel"', 'type'],
    ['{"type":"channel"', '{"type":"channel', 'JSON'],
  ])('names the line and the field where %s became %s', async (from, to, field) => {
    const lines = (await linesOf(await filled())).map((line) => line.replace(from, to))
    const importing = importLines(await opened(), lines)
    await expect(importing).rejects.toMatchObject({ code: 'EXPORT_INVALID' })
    await expect(importing).rejects.toThrow(/Line 2: /)
    await expect(importing).rejects.toThrow(new RegExp(field, 'i'))
  })

  it.each([
    ['"held":{"state":{"channelId":"', `"held":{"state":{"channelId":"${second.id}","was":"`, 'channelId'],
    ['"line":0', '"line":-1', 'line'],
    ['"ledger":"ledger:2","attempt"', '"ledger":"","attempt"', 'ledger'],
    ['"states":[{"version":"3"', '"states":[{"version":3', 'version'],
    ['"sequence":"7"', '"sequence":7', 'sequence'],
  ])('is refused where %s became %s', async (from, to, field) => {
    const lines = (await linesOf(await filled())).map((line) => line.replace(from, to))
    const importing = importLines(await opened(), lines)
    await expect(importing).rejects.toMatchObject({ code: 'EXPORT_INVALID' })
    await expect(importing).rejects.toThrow(new RegExp(`Line \\d+: .*${field}`, 'i'))
  })

  it('is read one state at a time, however long the history is', async () => {
    const store = await opened()
    const versions = Array.from({ length: 600 }, (_, index) => BigInt(index))
    const kept = versions.map((version) => held(first, version))
    await store.commit([
      {
        type: 'createChannel',
        id: first.id,
        params: first.params,
        parents: [],
        clients: [],
        newest: held(first, 900n),
      },
      ...kept.map((each) => ({ type: 'putKept', id: first.id, line: 0, held: each }) as const),
      { type: 'putOlder', id: first.id, line: 0, older: kept.slice(-2).toReversed() },
    ])
    const lines = await linesOf(store)
    expect(lines).toHaveLength(1 + 1 + 600 + 1 + 1)
    const target = await opened()
    await importLines(target, lines)
    expect(await target.load(first.id)).toEqual(await store.load(first.id))
    expect(await linesOf(target)).toEqual(lines)
  })

  it('names a channel that cannot be read and goes on, if asked to', async () => {
    const store = await filled()
    const broken: Store = {
      ...store,
      load: (id, options) => (id === first.id ? Promise.reject(new Error('rotten')) : store.load(id, options)),
    }
    const unreadable: string[] = []
    const lines: string[] = []
    const onUnreadable = (id: string): void => void unreadable.push(id)
    for await (const line of exportLines(broken, { onUnreadable })) lines.push(line)
    expect(unreadable).toEqual([first.id])
    expect(await importLines(await opened(), lines)).toBe(3)
    await expect(linesOf(broken)).rejects.toThrow('rotten')
  })

  it('tells its ledgers by its first line, and refuses a line that is none', () => {
    expect(exportedLedgers('{"type":"store","format":2,"ledgers":["ledger:1","ledger:2"]}')).toEqual(served)
    expect(exportedLedgers('{"type":"store","format":1,"ledgerId":"ledger:1"}')).toEqual([ledger])
    for (const line of [
      '',
      '{}',
      '{"type":"end","items":0}',
      '{"type":"store","format":2,"ledgerId":"ledger:1"}',
      '{"type":"store","format":0,"ledgers":[]}',
    ]) {
      expect(() => exportedLedgers(line)).toThrow(expect.objectContaining({ code: 'EXPORT_INVALID' }))
    }
  })
})

describe('an export of the first format', () => {
  const text = (line: unknown): string =>
    JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
  const { params } = first
  const channel = {
    params,
    parents: [second.id],
    clients: [alice],
    newest: held(first, 9n),
    fallback: held(first, 3n),
    registered: held(first, 5n),
    record,
    isRecordKnown: true,
  }
  const event = refuted(4n)
  const { lane, sequence, hash, raw } = attempt
  const lines = [
    { type: 'store', format: 1, ledgerId: ledger },
    {
      type: 'channel',
      id: first.id,
      channel,
      mailboxes: [[alice, { lastSequence: 4n, events: [{ sequence: 4n, event }] }]],
    },
    {
      type: 'channel',
      id: second.id,
      channel: { params: second.params, parents: [], clients: [], newest: held(second, 1n), isRecordKnown: false },
      mailboxes: [],
    },
    { type: 'attempt', attempt: { account: lane, nonce: sequence, hash, raw } },
    { type: 'cursor', blockNumber: 8n },
    { type: 'end', items: 4 },
  ].map(text)

  it('is imported: its fallback is an older state, and all belongs to its one ledger', async () => {
    const store = await opened()
    expect(await importLines(store, lines)).toBe(4)
    expect(store.ledgers).toEqual([ledger])
    expect(await store.load(first.id)).toMatchObject({
      parents: [second.id],
      clients: [alice],
      newest: held(first, 9n),
      older: [held(first, 3n)],
      history: { states: 2 },
      records: [{ ledger, record }],
    })
    expect(await store.kept(first.id, 0, 5n, held(first, 5n).hash)).toEqual(held(first, 5n))
    expect(await store.load(second.id)).toMatchObject({ older: [], history: { states: 0 }, records: [] })
    expect(await store.mailbox(first.id, alice)).toEqual({
      lastSequence: 4n,
      events: [{ sequence: 4n, ledger, event }],
    })
    expect(await store.journal(ledger).attempts()).toEqual([attempt])
    expect(await store.cursor(ledger)).toBe(8n)
  })

  it('is refused where it is not whole', async () => {
    const broken = [
      lines.slice(0, -1),
      lines.map((line) => line.replace('"isRecordKnown":true', '"isRecordKnown":"yes"')),
      lines.map((line) => line.replace('"account"', '"acount"')),
    ]
    for (const each of broken) {
      await expect(importLines(await opened(), each)).rejects.toMatchObject({ code: 'EXPORT_INVALID' })
    }
  })
})
