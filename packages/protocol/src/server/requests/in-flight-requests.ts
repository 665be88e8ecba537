import { type ClientName, WatcherError } from '@perun-watcher/core'
import type { Lifetime } from '@perun-watcher/core/internal'
import type { ReplyResult } from '../../wire/messages.ts'
import { violation } from '../../wire/violation.ts'
import type { ClientLog } from '../observe/client-log.ts'
import { type Counters, countCode } from '../observe/counters.ts'
import type { SendQueue } from '../outgoing/send-queue.ts'
import type { ServeLimits } from '../settings/serve-limits.ts'
import { errorForClient, isInternal, shuttingDown } from './error-for-client.ts'
import type { RequestLoad } from './request-load.ts'

export interface InFlightRequestsDeps {
  readonly client: ClientName
  readonly limits: ServeLimits
  readonly load: RequestLoad
  readonly counters: Counters
  readonly log: ClientLog
  readonly queue: SendQueue
  /** The lifetime of the connection. */
  readonly life: Pick<Lifetime, 'isOver'>
}

export interface RequestHeader {
  readonly request: bigint
  readonly type: string
}

/** The requests of one connection that are not answered yet: bounds them, and sees that each gets exactly one answer. */
export interface InFlightRequests {
  /**
   * Runs the task of a request and answers it; or refuses it if there are too many already.
   *
   * @returns resolves once the answer is queued; `undefined`: the request was refused at once.
   * @throws WatcherError `PROTOCOL_VIOLATION` if its number is in use.
   */
  handle(header: RequestHeader, task: () => Promise<ReplyResult>): Promise<void> | undefined
  /** Refuses every request from now on. */
  refuseNew(): void
}

export function inFlightRequests({
  client,
  limits,
  load,
  counters,
  log,
  queue,
  life,
}: InFlightRequestsDeps): InFlightRequests {
  /** Numbers whose answer the transport has not taken yet. */
  const inUse = new Set<bigint>()
  let isRefusing = false

  function refusalOf(): WatcherError | undefined {
    if (isRefusing) return shuttingDown()
    if (inUse.size < limits.maxRequests && load.hasRoom(client)) return undefined
    return new WatcherError('OVERLOADED', 'Too many requests wait for their answer.', {
      details: [`At most ${limits.maxRequests} of one connection are taken.`],
    })
  }

  function failure(error: unknown, { type }: RequestHeader): ReplyResult {
    const told = errorForClient(error)
    countCode(counters.refusals, told.code)
    if (isInternal(error)) log.write('error', 'Request failed', { client, type, code: told.code }, error)
    else log.write('debug', 'Request refused', { client, type, code: told.code })
    return { type: 'failed', error: told }
  }

  function answer(request: bigint, result: ReplyResult, onSent?: () => void): void {
    if (!life.isOver) queue.answer({ message: { type: 'reply', request, result }, onSent })
  }

  async function work(header: RequestHeader, task: () => Promise<ReplyResult>): Promise<void> {
    const { request } = header
    inUse.add(request)
    load.begin(client)
    let result: ReplyResult
    try {
      result = await task()
    } catch (error) {
      result = failure(error, header)
    }
    load.finish(client)
    answer(request, result, () => inUse.delete(request))
  }

  return {
    handle(header, task) {
      const { request } = header
      if (inUse.has(request)) throw violation(`Request ${request} waits for its answer; its number was used again`)
      const refusal = refusalOf()
      if (refusal === undefined) return work(header, task)
      answer(request, failure(refusal, header))
      return undefined
    },
    refuseNew() {
      isRefusing = true
    },
  }
}
