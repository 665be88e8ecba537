import { setImmediate } from 'node:timers/promises'
import type { ChildProgram, StorePlace } from '@perun-watcher/conformance/store'
import { type HeldState, hasCode, memoryStore, parseLedgerId, WatcherError } from '@perun-watcher/core'
import {
  type ChannelSummary,
  historyWith,
  noHistory,
  type OtherLine,
  type Store,
  type StoreChange,
  type StoredChannel,
  type TransactionJournal,
} from '@perun-watcher/core/adapter'
import type { Fault } from './file-store.ts'
import { fileChild, filePlace, memoryPlace } from './places.ts'

/** A store that breaks one rule. */
export interface Double {
  readonly place: () => StorePlace
  readonly child?: ChildProgram
}

/** A memory store with some functions replaced. */
const inMemory = (replace: (store: Store) => Partial<Store>): Double => ({
  place: memoryPlace((store) => ({ ...store, ...replace(store) })),
})

/** A memory store that is given other changes than it was asked for. */
const withChanges = (change: (changes: readonly StoreChange[]) => readonly StoreChange[]): Double =>
  inMemory((store) => ({ commit: (changes, options) => store.commit(change(changes), options) }))

/** A memory store that gives back other channels than it has. */
const withLoaded = (change: (channel: StoredChannel) => StoredChannel): Double =>
  inMemory((store) => ({
    async load(id, options) {
      const channel = await store.load(id, options)
      return channel && change(channel)
    },
  }))

/** A memory store with other journals. */
const withJournal = (change: (journal: TransactionJournal) => TransactionJournal): Double =>
  inMemory((store) => ({ journal: (ledger) => change(store.journal(ledger)) }))

const inFiles = (fault: Fault): Double => ({ place: filePlace(fault), child: fileChild(fault) })

const shared = memoryStore()

const versionOf = (change: StoreChange): bigint => (change.type === 'putNewest' ? change.held.state.version : 0n)

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

async function* skipping<T>(items: AsyncIterable<T>, isSkipped: (index: number) => boolean): AsyncGenerator<T> {
  let index = 0
  for await (const item of items) if (!isSkipped(index++)) yield item
}

/** More ways to break some of the cases. */
export const furtherDoubles: readonly (readonly [name: string, what: string, double: Double])[] = [
  [
    'rejects a call whose signal is aborted with the reason of the signal, and stays usable',
    'drops what comes after somebody gave up',
    inMemory((store) => {
      let isBroken = false
      return {
        async commit(changes, options) {
          isBroken ||= options?.signal?.aborted === true
          if (!isBroken || options?.signal?.aborted === true) await store.commit(changes, options)
        },
      }
    }),
  ],
  [
    'finds a state that is kept by its version and hash, and none that is not',
    'finds it by its hash alone',
    inMemory((store) => ({
      async kept(id, line, version, hash, options) {
        if (hash === undefined) return await store.kept(id, line, version, hash, options)
        return (await all(store.history(id, line))).find((held) => held.hash === hash)
      },
    })),
  ],
]

/** Each case of the kit, and a store that must not pass it. */
export const doubles: Readonly<Record<string, Double>> = {
  'starts empty, at a place of its own': { place: memoryPlace(() => shared) },
  'declares what it can do': inMemory(() => ({ capabilities: JSON.parse('{}') })),
  'keeps a new channel as it was given, and nothing else of it': withLoaded((channel) => ({ ...channel, clients: [] })),
  'refuses to create a channel that exists': withChanges((changes) =>
    changes.flatMap((change): readonly StoreChange[] =>
      change.type === 'createChannel' ? [{ type: 'removeChannel', id: change.id }, change] : [change],
    ),
  ),
  'takes a newest state only if it is newer': inMemory((store) => ({
    async commit(changes, options) {
      await store.commit(changes, options).catch((error: unknown) => {
        if (!hasCode(error, 'STORE_STALE_WRITE')) throw error
      })
    },
  })),
  'refuses to change a channel that it does not have': inMemory((store) => ({
    async commit(changes, options) {
      await store.commit(changes, options).catch((error: unknown) => {
        if (!hasCode(error, 'CHANNEL_UNKNOWN')) throw error
      })
    },
  })),
  'changes what a change names and nothing else': withChanges((changes) =>
    changes.flatMap((change): readonly StoreChange[] =>
      change.type === 'putNewest' ? [change, { type: 'putOlder', id: change.id, line: 0, older: [] }] : [change],
    ),
  ),
  'remembers that somebody looked for a record, also where there was none': withLoaded((channel) => ({
    ...channel,
    records: channel.records.filter(({ record }) => record !== undefined),
  })),
  'removes a channel with everything that belongs to it': inMemory((store) => {
    const mailboxes = new Map<string, Awaited<ReturnType<Store['mailbox']>>>()
    return {
      async commit(changes, options) {
        await store.commit(changes, options)
        for (const change of changes) {
          if (change.type === 'putMailbox') mailboxes.set(`${change.id} ${change.client}`, change.mailbox)
        }
      },
      mailbox: async (id, client) => mailboxes.get(`${id} ${client}`),
    }
  }),
  'keeps the states of each line apart': inMemory((store) => ({
    kept: (id, _, version, hash, options) => store.kept(id, 0, version, hash, options),
    history: (id, _, options) => store.history(id, 0, options),
  })),
  'takes a newest state of a line only if it is newer than that of the line': inMemory((store) => ({
    async commit(changes, options) {
      const [change] = changes
      const newest = change !== undefined && 'id' in change ? (await store.load(change.id))?.newest : undefined
      // One version for all lines of a channel.
      if (change?.type === 'putNewest' && change.held.state.version <= (newest?.state.version ?? -1n)) {
        throw new WatcherError('STORE_STALE_WRITE', 'It is not newer.')
      }
      await store.commit(changes, options)
    },
  })),
  'refuses to create a line that exists, and to change one that does not': withChanges((changes) =>
    changes.flatMap((change): readonly StoreChange[] =>
      change.type === 'removeLine' && change.line === 2 ? [] : [change],
    ),
  ),
  'removes a line with all its states, and no other': inMemory((store) => {
    const histories = new Map<number, HeldState[]>()
    return {
      async commit(changes, options) {
        await store.commit(changes, options)
        for (const change of changes) {
          if (change.type !== 'putKept') continue
          histories.set(change.line, [...(histories.get(change.line) ?? []), change.held])
        }
      },
      async *history(_, line) {
        yield* histories.get(line) ?? []
      },
    }
  }),
  'leaves the clients of a line as they are, whoever comes or goes': inMemory((store) => ({
    async load(id, options) {
      const channel = await store.load(id, options)
      if (channel === undefined) return undefined
      const isEnrolled = (client: OtherLine['clients'][number]): boolean => channel.clients.includes(client)
      const otherLines = channel.otherLines.map((line) => ({ ...line, clients: line.clients.filter(isEnrolled) }))
      return { ...channel, otherLines }
    },
  })),
  'finds a state that is kept by its version and hash, and none that is not': inMemory((store) => ({
    kept: (id, line, version, _, options) => store.kept(id, line, version, undefined, options),
  })),
  'lists a history in ascending order of version, however long it is': inMemory((store) => ({
    history: (id, line, options) => skipping(store.history(id, line, options), (index) => index >= 256),
  })),
  'lists a history while states come and go': inMemory((store) => ({
    async *history(id, line, options) {
      // Positions in a list that becomes shorter.
      for (let position = 0; ; position++) {
        const [held] = await all(skipping(store.history(id, line, options), (index) => index < position))
        if (held === undefined) return
        yield held
      }
    },
  })),
  'changes nothing where a state is kept already': inMemory((store) => {
    let history = noHistory
    return {
      async commit(changes, options) {
        await store.commit(changes, options)
        // Counts without looking.
        for (const change of changes) if (change.type === 'putKept') history = historyWith(history, change.held)
      },
      async load(id, options) {
        const channel = await store.load(id, options)
        return channel && { ...channel, history }
      },
    }
  }),
  'drops what it is told to, and passes over what is not kept': inMemory((store) => ({
    async commit(changes, options) {
      for (const change of changes) {
        for (const { version, hash } of change.type === 'dropKept' ? change.states : []) {
          const held = change.type === 'dropKept' && (await store.kept(change.id, change.line, version, hash))
          if (!held) throw new WatcherError('CHANNEL_UNKNOWN', 'There is nothing to drop.')
        }
      }
      await store.commit(changes, options)
    },
  })),
  'counts what a history holds and locks': withLoaded((channel) => {
    return { ...channel, history: { ...channel.history, locks: [] } }
  }),
  'loads the older states as they were put, and nothing else of the history': withLoaded((channel) => {
    return { ...channel, older: channel.older.toReversed() }
  }),
  'is bound to a ledger when it is told so, and not by being opened': inMemory((store) => ({
    async open(ledgers, options) {
      await store.open(ledgers, options)
      for (const ledger of ledgers) await store.bind(ledger, options)
    },
  })),
  'is not bound to a ledger that it was not opened for': inMemory((store) => ({
    async bind(ledger, options) {
      await store.open([...store.ledgers, ledger], options)
      await store.bind(ledger, options)
    },
  })),
  'is opened only for all ledgers that it is bound to': inMemory((store) => ({
    open: (ledgers, options) => store.open([...store.ledgers, ...ledgers], options),
  })),
  'keeps the records of a channel by their ledgers': withLoaded((channel) => {
    return { ...channel, records: channel.records.slice(-1) }
  }),
  'keeps a cursor for each ledger': inMemory((store) => ({
    async cursor(_, options) {
      const cursors = await Promise.all(store.ledgers.map((ledger) => store.cursor(ledger, options)))
      return cursors.find((cursor) => cursor !== undefined)
    },
  })),
  'keeps a journal for each ledger: the same account has other sequence numbers there': inMemory((store) => ({
    journal: () => store.journal(parseLedgerId('all')),
  })),
  'keeps with each event in a mailbox where it happened': inMemory((store) => ({
    async mailbox(id, client, options) {
      const mailbox = await store.mailbox(id, client, options)
      const [ledger] = store.ledgers
      if (mailbox === undefined || ledger === undefined) return mailbox
      return { ...mailbox, events: mailbox.events.map((each) => ({ ...each, ledger })) }
    },
  })),
  'writes all changes of a commit or none': inMemory((store) => ({
    async commit(changes, options) {
      for (const change of changes) await store.commit([change], options)
    },
  })),
  'lets a later change of a commit see the earlier ones': withChanges((changes) => changes.toReversed()),
  'writes a whole family at once': inMemory((store) => ({
    async commit(changes, options) {
      const [root, ...rest] = changes
      if (root !== undefined) await store.commit([root], options)
      await store.commit(rest, options)
    },
  })),
  'lets commits take effect in the order in which they were called': inMemory((store) => {
    let count = 0
    return {
      async commit(changes, options) {
        // As writers on several threads would.
        if (++count % 7 === 0) await setImmediate()
        await store.commit(changes, options)
      },
    }
  }),
  'judges every commit on what is stored when its turn comes': inMemory((store) => ({
    async commit(changes, options) {
      const [change] = changes
      if (change?.type !== 'putNewest') return await store.commit(changes, options)
      // Looks first and writes later.
      const before = (await store.load(change.id))?.newest.state.version ?? 0n
      await setImmediate()
      if (versionOf(change) > before) await store.commit(changes, options).catch(() => {})
      else await store.commit(changes, options)
    },
  })),
  'does not let a refused commit disturb others that are under way': inMemory((store) => {
    let group: Promise<void> = Promise.resolve()
    return {
      async commit(changes, options) {
        // One transaction for all: what refuses one, refuses all behind it.
        group = group.then(() => store.commit(changes, options))
        await group
      },
    }
  }),
  'takes an empty commit': inMemory((store) => ({
    async commit(changes, options) {
      if (changes.length === 0) throw new RangeError('nothing to write')
      await store.commit(changes, options)
    },
  })),
  'keeps a mailbox per client and channel': inMemory((store) => ({
    mailbox: async (id, _, options) =>
      (await store.load(id, options))?.clients.map((client) => store.mailbox(id, client))[0],
  })),
  'keeps every kind of event as it is': inMemory((store) => ({
    async mailbox(id, client, options) {
      const mailbox = await store.mailbox(id, client, options)
      // JSON without care.
      return (
        mailbox &&
        JSON.parse(JSON.stringify(mailbox, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
      )
    },
  })),
  'keeps values at the edges of their ranges': withLoaded((channel) => {
    const params = { ...channel.params, nonce: BigInt.asUintN(64, channel.params.nonce) }
    return { ...channel, params }
  }),
  'summarises a channel as its states say': inMemory((store) => ({
    async *summaries(options) {
      for await (const summary of store.summaries(options)) yield { ...summary, olderLocks: [] }
    },
  })),
  'summarises every channel once, however many there are': inMemory((store) => ({
    summaries: (options) => skipping(store.summaries(options), (index) => index >= 1_000),
  })),
  'summarises while channels come, change and go': inMemory((store) => ({
    async *summaries(options) {
      // Positions in a list that becomes shorter.
      for (let position = 0; ; position++) {
        const all: ChannelSummary[] = []
        for await (const each of store.summaries(options)) all.push(each)
        const summary = all[position]
        if (summary === undefined) return
        yield summary
      }
    },
  })),
  'keeps the cursor': inMemory((store) => ({
    cursor: async (ledger, options) => (await store.cursor(ledger, options)) ?? 0n,
  })),
  'keeps transactions until their sequence number is spent, per lane': withJournal((journal) => ({
    ...journal,
    forgetAttempts: (lane, sequence, options) => journal.forgetAttempts(lane, sequence - 1n, options),
  })),
  'rejects a call whose signal is aborted with the reason of the signal, and stays usable': inMemory((store) => ({
    cursor: (ledger) => store.cursor(ledger),
  })),
  'keeps the order of commits although callers give up on some': inMemory((store) => ({
    async commit(changes, options) {
      await setImmediate()
      if (options?.signal?.aborted) throw new Error('The transaction was rolled back.')
      await store.commit(changes)
    },
  })),
  'ends when it is closed, however often that is': inMemory(() => {
    let isClosed = false
    return {
      async close() {
        if (isClosed) throw new Error('It is closed already.')
        isClosed = true
      },
    }
  }),
  'refuses every call after it was closed, with a code': inFiles('answers after it was closed'),
  'finds everything again': inFiles('forgets transactions'),
  'belongs to its ledgers for good': inFiles('forgets its ledgers'),
  'finishes the commits that are under way when it is closed': inFiles('drops what is under way when closed'),
  'does not let a transaction attempt wait behind commits that wait': inMemory((store) => {
    const underWay = new Set<Promise<void>>()
    return {
      capabilities: { durable: true },
      async commit(changes, options) {
        const commit = setImmediate().then(() => store.commit(changes, options))
        underWay.add(commit)
        await commit
      },
      journal(ledger) {
        const journal = store.journal(ledger)
        return {
          ...journal,
          async putAttempt(attempt, options) {
            await Promise.all(underWay)
            await journal.putAttempt(attempt, options)
          },
        }
      },
    }
  }),
  'lets nobody else in while it is open': inFiles('has no lock'),
  'says which states are damaged, and keeps the others': inFiles('trusts damaged data'),
  'loses nothing acknowledged when its process is killed': inFiles('acknowledges before it writes'),
  'lets no other process in while it is open, and the next one once it is killed': inFiles(
    'has a lock that outlives its process',
  ),
  'acknowledges a commit only once it is on disk, and reads while the disk is slow': inFiles('does not sync'),
}
