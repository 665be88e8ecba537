import { describe, expect, it } from 'vitest'
import {
  exportedLedger,
  exportLines,
  importLines,
  type Mailbox,
  type Store,
  type StoreChange,
} from '../../src/adapter.ts'
import {
  type AdjudicatorEvent,
  type HeldState,
  memoryStore,
  parseBytes,
  parseClientName,
  parseTransactionHash,
} from '../../src/index.ts'
import { modelStateHash, testChannel } from '../../src/testing/index.ts'
import { endangered, fact, refuted, removed } from '../support/events.ts'

const ledger = 'ledger:1'
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
]

const mailbox: Mailbox = {
  lastSequence: 2n ** 70n,
  events: events.map((event, index) => ({ sequence: BigInt(index + 1), event })),
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
  { type: 'putFallback', id: first.id, held: held(first, 3n) },
  { type: 'putRegistered', id: first.id, held: held(first, 2n) },
  { type: 'putRecord', id: first.id, record },
  { type: 'putMailbox', id: first.id, client: alice, mailbox },
  {
    type: 'createChannel',
    id: second.id,
    params: second.params,
    parents: [first.id],
    clients: [],
    newest: held(second, 0n),
  },
  { type: 'putCursor', blockNumber: 2n ** 64n },
]

const attempt = {
  account: parseBytes(`0x${'aa'.repeat(20)}`),
  nonce: 7n,
  hash: parseTransactionHash(`0x${'ab'.repeat(32)}`),
  raw: parseBytes('0x02'),
}

async function filled(): Promise<Store> {
  const store = await opened()
  await store.commit(content)
  await store.putAttempt(attempt)
  return store
}

async function opened(): Promise<Store> {
  const store = memoryStore()
  await store.open(ledger)
  return store
}

async function linesOf(store: Store): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of exportLines(store, ledger)) lines.push(line)
  return lines
}

describe('an export of a store', () => {
  it('brings everything into another store', async () => {
    const source = await filled()
    const lines = await linesOf(source)
    for (const line of lines) expect(line).not.toContain('\n')
    const target = await opened()
    expect(await importLines(target, ledger, lines)).toBe(4)
    for (const { id } of [first, second]) expect(await target.load(id)).toEqual(await source.load(id))
    expect(await target.mailbox(first.id, alice)).toEqual(mailbox)
    expect(await target.cursor()).toBe(2n ** 64n)
    expect(await target.attempts()).toEqual([attempt])
    expect(await linesOf(target)).toEqual(lines)
  })

  it('writes numbers as decimal text', async () => {
    const lines = await linesOf(await filled())
    expect(lines[1]).toContain(`"version":"${2n ** 63n}"`)
    expect(lines[1]).toContain(`"nonce":"${2n ** 255n}"`)
  })

  it('is refused by a store of another ledger, and where a channel exists', async () => {
    const lines = await linesOf(await filled())
    await expect(importLines(await opened(), 'ledger:2', lines)).rejects.toMatchObject({
      code: 'STORE_OF_ANOTHER_LEDGER',
    })
    await expect(importLines(await filled(), ledger, lines)).rejects.toMatchObject({ code: 'STORE_STALE_WRITE' })
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
      lines.map((line) => line.replace('"format":1', '"format":2')),
    ]
    for (const each of broken) {
      await expect(importLines(await opened(), ledger, each)).rejects.toMatchObject({ code: 'EXPORT_INVALID' })
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
    const importing = importLines(await opened(), ledger, lines)
    await expect(importing).rejects.toMatchObject({ code: 'EXPORT_INVALID' })
    await expect(importing).rejects.toThrow(/Line 2: /)
    await expect(importing).rejects.toThrow(new RegExp(field, 'i'))
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
    for await (const line of exportLines(broken, ledger, { onUnreadable })) lines.push(line)
    expect(unreadable).toEqual([first.id])
    expect(await importLines(await opened(), ledger, lines)).toBe(3)
    await expect(linesOf(broken)).rejects.toThrow('rotten')
  })

  it('tells its ledger by its first line, and refuses a line that is none', () => {
    expect(exportedLedger('{"type":"store","format":1,"ledgerId":"ledger:1"}')).toBe(ledger)
    for (const line of ['', '{}', '{"type":"end","items":0}', '{"type":"store","format":2,"ledgerId":"ledger:1"}']) {
      expect(() => exportedLedger(line)).toThrow(expect.objectContaining({ code: 'EXPORT_INVALID' }))
    }
  })
})
