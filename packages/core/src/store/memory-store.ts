import type { ChannelId, ClientName, LedgerId, StateHash } from '../model/brand.ts'
import type { HeldState } from '../model/channel.ts'
import type { SpendingLog, SpendingLogs } from '../spi/spending.ts'
import type { Mailbox, Store, StoreChange, StoredChannel, TransactionJournal } from '../spi/store.ts'
import { applyChange, assertChannel, type ChannelChange } from './apply-change.ts'
import { assertServed } from './assert-ledger.ts'
import { memoryJournal } from './memory-journal.ts'
import { memorySpendingLog } from './memory-spending-log.ts'
import { summaryOf } from './summary.ts'

/** A channel with its mailboxes, and with the states that are kept of each line. */
interface Contents {
  readonly channel: StoredChannel
  readonly mailboxes: ReadonlyMap<ClientName, Mailbox>
  /** Changed in place: histories are long. */
  readonly lines: ReadonlyMap<number, Map<StateHash, HeldState>>
}

/** Takes back what a change did. */
type Undo = () => void

/** Keeps everything in memory and loses it with the process. Nearly every value is immutable, so little is copied. */
export function memoryStore(): Store & SpendingLogs {
  const contents = new Map<ChannelId, Contents>()
  const journals = new Map<LedgerId, TransactionJournal>()
  const spendingLogs = new Map<LedgerId, SpendingLog>()
  const cursors = new Map<LedgerId, bigint>()
  /** One array for good: whoever wraps the store by spreading it sees what is added. */
  const bound: LedgerId[] = []
  let served: readonly LedgerId[] = []

  /** All or nothing: when a change is refused, those before it are taken back. */
  function commitNow(changes: readonly StoreChange[]): void {
    const undos: Undo[] = []
    try {
      for (const change of changes) undos.push(apply(change))
    } catch (error) {
      for (const undo of undos.reverse()) undo()
      throw error
    }
  }

  function apply(change: StoreChange): Undo {
    switch (change.type) {
      case 'putCursor':
        return put(cursors, change.ledger, change.blockNumber)
      case 'putMailbox':
        return putMailbox(change)
      case 'putKept':
        return putKept(change)
      case 'dropKept':
        return dropKept(change)
      default:
        return changeChannel(change)
    }
  }

  function changeChannel(change: ChannelChange): Undo {
    const before = contents.get(change.id)
    const channel = applyChange(before?.channel, change)
    if (channel === undefined) return put(contents, change.id, undefined)
    const { mailboxes = noMailboxes, lines = noLines } = before ?? {}
    if (change.type !== 'removeLine') return put(contents, change.id, { channel, mailboxes, lines })
    const left = new Map([...lines].filter(([number]) => number !== change.line))
    return put(contents, change.id, { channel, mailboxes, lines: left })
  }

  function putMailbox({ id, client, mailbox }: Extract<StoreChange, { type: 'putMailbox' }>): Undo {
    const before = contents.get(id)
    assertChannel(before, id)
    const mailboxes = new Map(before.mailboxes)
    put(mailboxes, client, mailbox)
    return put(contents, id, { ...before, mailboxes })
  }

  function statesOf(id: ChannelId, line: number): Map<StateHash, HeldState> | undefined {
    return contents.get(id)?.lines.get(line)
  }

  function putKept(change: Extract<StoreChange, { type: 'putKept' }>): Undo {
    const { id, line, held } = change
    if (statesOf(id, line)?.has(held.hash)) return () => {}
    const undoCount = changeChannel(change)
    const after = contents.get(id)
    const states = after?.lines.get(line) ?? new Map<StateHash, HeldState>()
    if (after !== undefined) contents.set(id, { ...after, lines: new Map(after.lines).set(line, states) })
    const undoState = put(states, held.hash, held)
    return () => {
      undoState()
      undoCount()
    }
  }

  function dropKept(change: Extract<StoreChange, { type: 'dropKept' }>): Undo {
    const kept = statesOf(change.id, change.line) ?? new Map<StateHash, HeldState>()
    const named = new Map(change.states.map((state) => [state.hash, state]))
    const states = [...named.values()].filter(({ hash }) => kept.has(hash))
    const undos = [changeChannel({ ...change, states }), ...states.map(({ hash }) => put(kept, hash, undefined))]
    return () => {
      for (const undo of undos.reverse()) undo()
    }
  }

  return {
    capabilities: { durable: false },
    ledgers: bound,
    async open(ledgers, options) {
      options?.signal?.throwIfAborted()
      for (const ledger of bound) assertServed(ledger, ledgers)
      served = ledgers
    },
    async bind(ledger, options) {
      options?.signal?.throwIfAborted()
      assertServed(ledger, served)
      if (!bound.includes(ledger)) bound.push(ledger)
    },
    journal(ledger) {
      const journal = journals.get(ledger) ?? memoryJournal()
      journals.set(ledger, journal)
      return journal
    },
    spendingLog(ledger) {
      const log = spendingLogs.get(ledger) ?? memorySpendingLog()
      spendingLogs.set(ledger, log)
      return log
    },
    async load(id, options) {
      options?.signal?.throwIfAborted()
      return contents.get(id)?.channel
    },
    async kept(id, line, version, hash, options) {
      options?.signal?.throwIfAborted()
      const states = statesOf(id, line)
      if (hash === undefined) return [...(states?.values() ?? [])].find(({ state }) => state.version === version)
      const held = states?.get(hash)
      return held?.state.version === version ? held : undefined
    },
    async *history(id, line, options) {
      options?.signal?.throwIfAborted()
      const states = [...(statesOf(id, line)?.values() ?? [])]
      yield* states.sort((a, b) => (a.state.version < b.state.version ? -1 : 1))
    },
    async commit(changes, options) {
      options?.signal?.throwIfAborted()
      commitNow(changes)
    },
    async *summaries(options) {
      options?.signal?.throwIfAborted()
      for (const [id, { channel }] of [...contents]) yield summaryOf(id, channel)
    },
    async mailbox(id, client, options) {
      options?.signal?.throwIfAborted()
      return contents.get(id)?.mailboxes.get(client)
    },
    async cursor(ledger, options) {
      options?.signal?.throwIfAborted()
      return cursors.get(ledger)
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}

const noMailboxes: Contents['mailboxes'] = new Map()
const noLines: Contents['lines'] = new Map()

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): Undo {
  const before = map.get(key)
  if (value === undefined) map.delete(key)
  else map.set(key, value)
  return () => {
    if (before === undefined) map.delete(key)
    else map.set(key, before)
  }
}
