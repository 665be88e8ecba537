import { assertNever, type ClientName, type EngineWatch, WatcherError } from '@perun-watcher/core'
import type { ClientMessage, MalformedRequest, ReplyResult } from '../wire/messages.ts'
import { violation } from '../wire/violation.ts'
import { errorForClient, isInternal, shuttingDown } from './answer-error.ts'
import type { ClientLog } from './client-log.ts'
import { type Counters, countCode } from './counters.ts'
import { type EventFeed, eventFeed } from './event-feed.ts'
import { welcomeTo } from './handshake.ts'
import type { ServeLimits } from './limits.ts'
import type { Load } from './load.ts'
import type { Outbox } from './outbox.ts'
import { type Requests, watchNotOpen } from './requests.ts'
import type { ServedEngine, ServeOptions } from './serve-options.ts'

export interface ConversationDeps {
  readonly client: ClientName
  readonly engine: ServedEngine
  readonly options: ServeOptions
  readonly limits: ServeLimits
  readonly requests: Requests
  readonly load: Load
  readonly counters: Counters
  readonly log: ClientLog
  readonly outbox: Outbox
}

/** What one connection means, apart from how its bytes come and go. */
export interface Conversation {
  /** A Hello came, and was fine. */
  readonly isWelcomed: boolean
  /** How many watches are open. */
  readonly watches: number
  /** @throws WatcherError for what ends the connection. */
  take(message: ClientMessage | MalformedRequest): void
  /** New requests are refused, because the server is closing. */
  refuseNew(): void
  /** The connection is over. Its channels stay guarded; what it asked for goes on, except stops: they wait for disputes. */
  end(): void
}

interface OpenWatch {
  readonly feed: EventFeed
  /** `undefined`: the engine refused it. */
  begun: Promise<EngineWatch | undefined>
  watch: EngineWatch | undefined
}

type Of<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>

export function conversation(deps: ConversationDeps): Conversation {
  const { client, engine, limits, requests, load, counters, log, outbox } = deps
  const watches = new Map<number, OpenWatch>()
  /** Those whose answer the transport has not taken yet. */
  const asked = new Set<bigint>()
  const over = new AbortController()
  let isWelcomed = false
  let isRefusing = false

  function refusalOf(): WatcherError | undefined {
    if (isRefusing) return shuttingDown()
    if (asked.size < limits.maxRequests && load.hasRoom(client)) return undefined
    return new WatcherError('OVERLOADED', 'Too many requests wait for their answer.', {
      details: [`At most ${limits.maxRequests} of one connection are taken.`],
    })
  }

  function fail(error: unknown, what: string): ReplyResult {
    const told = errorForClient(error)
    countCode(counters.refusals, told.code)
    if (isInternal(error)) log.write('error', 'Request failed', { client, what, code: told.code }, error)
    else log.write('debug', 'Request refused', { client, what, code: told.code })
    return { type: 'failed', error: told }
  }

  function answer(request: bigint, result: ReplyResult, onSent?: () => void): void {
    if (!over.signal.aborted) outbox.answer({ message: { type: 'reply', request, result }, onSent })
  }

  /** @param task answers, or throws why it cannot. */
  async function work(request: bigint, what: string, task: () => Promise<ReplyResult>): Promise<void> {
    asked.add(request)
    load.begin(client)
    try {
      const result = await task().catch((error: unknown) => fail(error, what))
      answer(request, result, () => asked.delete(request))
    } finally {
      load.finish(client)
    }
  }

  function assertUnused(request: bigint): void {
    if (asked.has(request)) throw violation(`Request ${request} waits for its answer; its number was used again`)
  }

  /** @returns what is settled once the request is answered; `undefined`: it was refused. */
  function ask(request: bigint, what: string, task: () => Promise<ReplyResult>): Promise<void> | undefined {
    assertUnused(request)
    const refusal = refusalOf()
    if (refusal === undefined) return work(request, what, task)
    answer(request, fail(refusal, what))
    return undefined
  }

  function newFeed(watch: number): EventFeed {
    const feed = eventFeed({
      watch,
      window: limits.eventWindow,
      limit: limits.eventLimit,
      onReady: () => outbox.ready(feed),
      onSuperseded: () => {
        counters.eventsSuperseded += 1
      },
      onEnd: (error) => {
        const channelId = watches.get(watch)?.watch?.channelId
        watches.delete(watch)
        if (error !== undefined) return errorForClient(error)
        // The engine says as little at its own end as after a stop, but a stop ends the registration.
        const isStillRegistered =
          channelId !== undefined && engine.channel(channelId)?.clients.includes(client) === true
        return isStillRegistered ? shuttingDown() : undefined
      },
    })
    return feed
  }

  function startWatching(message: Of<'startWatching'>): void {
    const { request, watch: number } = message
    if (watches.has(number)) throw violation(`Watch ${number} is open; its number was used again`)
    if (watches.size >= limits.maxWatchesPerConnection) {
      assertUnused(request)
      return answer(request, fail(tooManyWatches(limits.maxWatchesPerConnection), 'startWatching'))
    }
    const feed = newFeed(number)
    const open: OpenWatch = { feed, begun: Promise.resolve(undefined), watch: undefined }
    const answered = ask(request, 'startWatching', () => {
      const beginning = begin(open, message)
      open.begun = beginning.then(
        () => open.watch,
        () => undefined,
      )
      return beginning
    })
    if (answered === undefined) return
    watches.set(number, open)
    // The answer comes before the first event.
    void answered.then(() => {
      if (open.watch !== undefined) feed.open()
    })
  }

  async function begin(open: OpenWatch, message: Of<'startWatching'>): Promise<ReplyResult> {
    try {
      const { watch, result } = await requests.start(client, message, open.feed)
      open.watch = watch
      if (over.signal.aborted) watch.detach()
      return result
    } catch (error) {
      watches.delete(message.watch)
      throw error
    }
  }

  function publish(message: Of<'publish'>): void {
    const open = watches.get(message.watch)
    void ask(message.request, 'publish', async () => {
      const watch = open?.watch ?? (await open?.begun)
      if (watch === undefined) throw watchNotOpen(message.watch)
      return requests.publish(client, message, watch)
    })
  }

  function acknowledge({ watch: number, sequence }: Of<'acknowledge'>): void {
    const open = watches.get(number)
    if (open?.feed.acknowledge(sequence)) open.watch?.acknowledge(sequence)
    else counters.acknowledgementsIgnored += 1
  }

  function hear(message: ClientMessage | MalformedRequest): void {
    switch (message.type) {
      case 'hello':
        throw violation('A Hello is sent once')
      case 'startWatching':
        return startWatching(message)
      case 'publish':
        return publish(message)
      case 'stopWatching':
        return void ask(message.request, 'stopWatching', () => requests.stop(client, message, over.signal))
      case 'malformed':
        return void ask(message.request, 'malformed', () => Promise.reject(message.error))
      case 'acknowledge':
        return acknowledge(message)
      case 'ping':
        return outbox.answer({ message: { type: 'pong', number: message.number } })
      default:
        return assertNever(message)
    }
  }

  return {
    get isWelcomed() {
      return isWelcomed
    },
    get watches() {
      return watches.size
    },
    take(message) {
      if (isWelcomed) return hear(message)
      if (message.type !== 'hello') throw violation('The first message is a Hello')
      outbox.answer({ message: welcomeTo(message, deps.options, limits) })
      isWelcomed = true
    },
    refuseNew() {
      isRefusing = true
    },
    end() {
      if (over.signal.aborted) return
      over.abort(shuttingDown())
      for (const { watch } of watches.values()) watch?.detach()
      watches.clear()
    },
  }
}

const tooManyWatches = (limit: number): WatcherError =>
  new WatcherError('QUOTA_EXCEEDED', 'Too many channels are watched in one connection.', {
    details: [`At most ${limit} are.`],
  })
