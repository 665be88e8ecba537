import { describe, expect, it } from 'vitest'
import { type EventSink, silentLogger } from '../../../src/adapter.ts'
import { keyedMutex } from '../../../src/async/keyed-mutex.ts'
import { lifetime } from '../../../src/async/lifetime.ts'
import { type AdjudicatorEvent, type Logger, parseClientName } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { type Mailboxes, mailboxes } from '../../../src/watcher/notifications/mailboxes.ts'
import { fact } from '../../support/events.ts'
import { held } from '../../support/random-family.ts'
import { eagerClock, modelLedger, settle } from '../../support/setup.ts'
import { type TestStore, testStore } from '../../support/stores.ts'

const channel = testChannel()
const { id } = channel
const [alice, bob] = [parseClientName('alice'), parseClientName('bob')]
const registered = (version: bigint): AdjudicatorEvent => ({ ...fact('registered', version), channelId: id })

interface Heard {
  readonly sink: EventSink
  /** `sequence:version` of each event. */
  readonly told: readonly string[]
  readonly hasEnded: boolean
}

function listener(): Heard {
  const told: string[] = []
  let hasEnded = false
  return {
    sink: {
      push: (event, sequence) => void told.push(`${sequence}:${'version' in event ? event.version : '-'}`),
      end() {
        hasEnded = true
      },
    },
    told,
    get hasEnded() {
      return hasEnded
    },
  }
}

async function storeWithChannel(): Promise<TestStore> {
  const store = testStore()
  const newest = held(channel.signed(1n))
  await store.commit([
    { type: 'createChannel', id, params: channel.params, parents: [], clients: [alice, bob], newest },
  ])
  return store
}

/** The mailboxes of one run of the engine. */
function run(store: TestStore, options: { readonly limit?: number; readonly logger?: Logger } = {}): Mailboxes {
  const { limit = 64, logger = silentLogger } = options
  const mutex = keyedMutex<typeof id>()
  return mailboxes({
    ledger: modelLedger,
    store,
    mutex,
    lifetime: lifetime(),
    logger,
    clock: eagerClock,
    random: () => 0.5,
    mailboxLimit: limit,
  })
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

describe('a mailbox', () => {
  it('pushes what is told to every open watch of its client, and to no other client', async () => {
    const mail = run(await storeWithChannel())
    const [one, two, other] = [listener(), listener(), listener()]
    mail.connect(id, alice, one.sink)
    mail.connect(id, alice, two.sink)
    mail.connect(id, bob, other.sink)
    await settle()
    mail.post(alice, registered(7n))
    expect([one.told, two.told, other.told]).toEqual([['1:7'], ['1:7'], []])
  })

  it('keeps what is told to a client that is away, across a restart, until it is acknowledged', async () => {
    const store = await storeWithChannel()
    const before = run(store)
    for (const version of [4n, 5n, 6n]) before.post(alice, registered(version))
    await settle()
    const mail = run(store)
    const first = listener()
    mail.connect(id, alice, first.sink)
    await settle()
    mail.post(alice, registered(7n))
    expect(first.told).toEqual(['1:4', '2:5', '3:6', '4:7'])
    mail.acknowledge(id, alice, 3n)
    await settle()
    const again = run(store)
    const second = listener()
    again.connect(id, alice, second.sink)
    await settle()
    expect(second.told).toEqual(['4:7'])
  })

  it('pushes in order what is told while it is being loaded', async () => {
    const store = await storeWithChannel()
    run(store).post(alice, registered(1n))
    await settle()
    const { opened, open } = gate()
    const slow = {
      ...store,
      mailbox: async (...args: Parameters<typeof store.mailbox>) => opened.then(() => store.mailbox(...args)),
    }
    const mail = run(slow)
    const heard = listener()
    mail.post(alice, registered(2n))
    mail.connect(id, alice, heard.sink)
    mail.post(alice, registered(3n))
    mail.acknowledge(id, alice, 9n)
    await settle()
    expect(heard.told).toEqual([])
    open()
    await settle()
    mail.post(alice, registered(4n))
    expect(heard.told).toEqual(['1:1', '2:2', '3:3', '4:4'])
  })

  it('that is full drops what is superseded, in memory and in the store', async () => {
    const store = await storeWithChannel()
    const mail = run(store, { limit: 2 })
    mail.connect(id, alice, listener().sink)
    await settle()
    for (const version of [1n, 2n, 3n, 4n]) mail.post(alice, registered(version))
    await settle()
    expect((await store.mailbox(id, alice))?.events.map(({ sequence }) => sequence)).toEqual([3n, 4n])
  })

  it('has one write under way at most, and the newest content wins', async () => {
    const store = await storeWithChannel()
    const { opened, open } = gate()
    let writes = 0
    store.beforeCommit = () => {
      writes += 1
      return opened
    }
    const mail = run(store)
    for (let version = 1n; version <= 20n; version++) {
      mail.post(alice, registered(version))
      await settle()
    }
    expect(writes).toBe(1)
    open()
    await settle()
    expect(writes).toBe(2)
    expect((await store.mailbox(id, alice))?.lastSequence).toBe(20n)
  })

  it('that cannot be written is tried again, and said to the operator', async () => {
    const store = await storeWithChannel()
    let failures = 3
    store.beforeCommit = () => {
      failures -= 1
      if (failures >= 0) throw new Error('disk full')
    }
    const warnings: string[] = []
    const mail = run(store, { logger: { ...silentLogger, warn: (message) => void warnings.push(message) } })
    const heard = listener()
    mail.connect(id, alice, heard.sink)
    await settle()
    mail.post(alice, registered(1n))
    expect(heard.told).toEqual(['1:1'])
    await settle()
    expect(warnings).toEqual(Array.from({ length: 3 }, () => 'Events not stored; tried again'))
    expect((await store.mailbox(id, alice))?.lastSequence).toBe(1n)
  })

  it('is flushed when all that was told is stored, and a failure is told to who asked', async () => {
    const store = await storeWithChannel()
    const { opened, open } = gate()
    store.beforeCommit = () => opened
    const mail = run(store)
    mail.post(alice, registered(1n))
    let isFlushed = false
    const flushing = mail.flush().then(() => {
      isFlushed = true
    })
    await settle()
    expect(isFlushed).toBe(false)
    open()
    await flushing
    expect((await store.mailbox(id, alice))?.lastSequence).toBe(1n)
    await mail.flush(id)
    store.beforeCommit = () => {
      throw new Error('disk full')
    }
    mail.post(alice, registered(2n))
    await expect(mail.flush()).rejects.toThrow('disk full')
    await mail.flush(testChannel().id)
  })

  it('leaves memory when nobody listens and the store has it', async () => {
    const mail = run(await storeWithChannel())
    const [one, two] = [listener(), listener()]
    expect(mail.size).toBe(0)
    mail.connect(id, alice, one.sink)
    mail.connect(id, bob, two.sink)
    mail.post(alice, registered(1n))
    await settle()
    expect(mail.size).toBe(2)
    mail.disconnect(id, alice, one.sink)
    expect(mail.size).toBe(1)
    mail.post(alice, registered(2n))
    await settle()
    expect(mail.size).toBe(1)
    mail.forget(id, bob)
    expect(mail.size).toBe(0)
    expect([one.told, one.hasEnded, two.hasEnded]).toEqual([['1:1'], true, true])
  })

  it('is not written any more once its client left', async () => {
    const store = await storeWithChannel()
    const mail = run(store)
    const heard = listener()
    mail.connect(id, alice, heard.sink)
    await settle()
    mail.post(alice, registered(1n))
    mail.forget(id, alice)
    await settle()
    expect(await store.mailbox(id, alice)).toBeUndefined()
    mail.acknowledge(id, alice, 1n)
    mail.disconnect(id, alice, heard.sink)
    await settle()
    expect(mail.size).toBe(0)
  })

  it('is written again where a removal may have taken it from the store', async () => {
    const store = await storeWithChannel()
    const mail = run(store)
    mail.connect(id, alice, listener().sink)
    mail.post(alice, registered(1n))
    await settle()
    await store.commit([{ type: 'putMailbox', id, client: alice, mailbox: undefined }])
    mail.rewrite(id, alice)
    await settle()
    expect((await store.mailbox(id, alice))?.events).toHaveLength(1)
  })

  it('is not harmed by a sink that throws, nor is another sink', async () => {
    const mail = run(await storeWithChannel())
    const heard = listener()
    const broken: EventSink = {
      push() {
        throw new Error('out of memory')
      },
      end() {},
    }
    mail.connect(id, alice, broken)
    mail.connect(id, alice, heard.sink)
    await settle()
    mail.post(alice, registered(1n))
    expect(heard.told).toEqual(['1:1'])
  })
})
