import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type EngineWatch, type EventSink, type Store, silentLogger } from '../../../src/adapter.ts'
import { keyedMutex } from '../../../src/async/keyed-mutex.ts'
import { lifetime } from '../../../src/async/lifetime.ts'
import { parseClientName } from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { type Mailboxes, mailboxes } from '../../../src/watcher/notifications/mailboxes.ts'
import { fact } from '../../support/events.ts'
import { held } from '../../support/random-family.ts'
import { eagerClock, modelLedger, settle } from '../../support/setup.ts'
import { testStore } from '../../support/stores.ts'

const channel = testChannel()
const { id } = channel
const alice = parseClientName('alice')

type Step = 'tell' | 'handle' | 'settle' | 'checkpoint' | 'reconnect' | 'crash' | 'disk fails' | 'disk works'

const script = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Step>('tell', 'handle', 'settle') },
    { weight: 2, arbitrary: fc.constantFrom<Step>('checkpoint', 'reconnect', 'crash', 'disk fails', 'disk works') },
  ),
  { maxLength: 40 },
)

/**
 * A chain that tells 1, 2, 3…, and a client that handles what it hears. A crash loses what was under way; after it the
 * chain tells again what came after the last checkpoint, as the engine's cursor has it.
 */
async function live(steps: readonly Step[]): Promise<{ readonly told: bigint; readonly handled: readonly bigint[] }> {
  const disk = testStore()
  const newest = held(channel.signed(1n))
  await disk.commit([{ type: 'createChannel', id, params: channel.params, parents: [], clients: [alice], newest }])
  let isBroken = false
  disk.beforeCommit = () => {
    if (isBroken) throw new Error('disk full')
  }
  let told = 0n
  let checkpoint = 0n
  const handled: bigint[] = []
  let process = boot()

  function boot() {
    const life = lifetime()
    let isDead = false
    const lost = new Promise<never>(() => {})
    const store: Store = {
      ...disk,
      commit: async (changes) => (isDead ? lost : disk.commit(changes)),
      mailbox: async (...args) => (isDead ? lost : disk.mailbox(...args)),
    }
    const clockAndChance = { clock: eagerClock, random: () => 0.5 }
    const mutex = keyedMutex<typeof id>()
    const mail: Mailboxes = mailboxes({
      ledger: modelLedger,
      store,
      mutex,
      lifetime: life,
      logger: silentLogger,
      mailboxLimit: 1000,
      ...clockAndChance,
    })
    const kill = (): void => {
      isDead = true
      life.end(new Error('killed'))
    }
    return { mail, kill, ...connect(mail) }
  }

  function connect(mail: Mailboxes) {
    const heard: { version: bigint; sequence: bigint }[] = []
    const sink: EventSink = {
      push: (event, sequence) => void heard.push({ version: 'version' in event ? event.version : -1n, sequence }),
      end() {},
    }
    mail.connect(id, alice, sink)
    const acknowledge: EngineWatch['acknowledge'] = (sequence) => mail.acknowledge(id, alice, sequence)
    return { heard, sink, acknowledge }
  }

  const tell = (version: bigint): void => process.mail.post(alice, { ...fact('registered', version), channelId: id })

  function handleOne(): void {
    const next = process.heard.shift()
    if (next === undefined) return
    handled.push(next.version)
    process.acknowledge(next.sequence)
  }

  const actions: Readonly<Record<Step, () => void | Promise<void>>> = {
    tell() {
      told += 1n
      tell(told)
    },
    handle: handleOne,
    settle,
    async checkpoint() {
      const reached = told
      await process.mail.flush().then(
        () => {
          checkpoint = reached
        },
        () => {},
      )
    },
    reconnect() {
      process.mail.disconnect(id, alice, process.sink)
      process = { ...process, ...connect(process.mail) }
    },
    crash() {
      process.kill()
      process = boot()
      for (let version = checkpoint + 1n; version <= told; version++) tell(version)
    },
    'disk fails': () => {
      isBroken = true
    },
    'disk works': () => {
      isBroken = false
    },
  }
  for (const step of steps) await actions[step]()
  isBroken = false
  await settle()
  while (process.heard.length > 0) handleOne()
  await settle()
  process.kill()
  return { told, handled }
}

/** Whether 1, 2, 3… up to `last` stand in this order, whatever is repeated in between. */
function tellsAll(handled: readonly bigint[], last: bigint): boolean {
  let next = 1n
  for (const version of handled) if (version === next) next += 1n
  return next > last
}

describe('a client of mailboxes', () => {
  it('handles every event at least once and in order, whatever crashes, fails or reconnects', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const { told, handled } = await live(steps)
        expect(tellsAll(handled, told), `told ${told}, handled ${handled.join(' ')}`).toBe(true)
      }),
      { numRuns: 150 },
    )
  })
})
