import { type Deferred, deferred } from '@perun-watcher/core/internal'
import type { ClientMessage, ReplyResult } from '../../wire/messages.ts'
import type { MessageSender } from './message-sender.ts'

/** The outcome of a request. `lost`: the connection ended before the answer, or the request was withdrawn. */
export type Answer = ReplyResult | { readonly type: 'lost'; readonly wasSent: boolean }

export interface OutgoingRequest {
  /** Makes the message at the moment of sending; `undefined` withdraws the request. */
  readonly message: (request: bigint) => ClientMessage | undefined
  /** The answer can take as long as a dispute, so such requests may use only half of the slots. */
  readonly isSlow?: boolean | undefined
}

/** The requests of one connection: as many in flight as the watcher allows, the rest waiting. */
export interface RequestTable {
  /** Never rejects. */
  ask(request: OutgoingRequest): Promise<Answer>
  /** @returns whether such a request is in flight. */
  answer(request: bigint, result: ReplyResult): boolean
  end(): void
}

interface Entry {
  readonly request: OutgoingRequest
  readonly answer: Deferred<Answer>
  wasSent: boolean
}

/** @param maxRequests most requests in flight at a time, at least 1. */
export function requestTable(sender: MessageSender, maxRequests: number): RequestTable {
  const maxSlow = Math.max(1, Math.floor(maxRequests / 2))
  const waiting = { quick: [] as Entry[], slow: [] as Entry[] }
  const underWay = new Map<bigint, Entry>()
  let slowUnderWay = 0
  let lastRequest = 0n
  let isOver = false

  function startNext(): void {
    while (underWay.size < maxRequests) {
      const entry = waiting.quick.shift() ?? (slowUnderWay < maxSlow ? waiting.slow.shift() : undefined)
      if (entry === undefined) return
      start(entry)
    }
  }

  function start(entry: Entry): void {
    lastRequest += 1n
    const request = lastRequest
    underWay.set(request, entry)
    if (entry.request.isSlow) slowUnderWay += 1
    sender.post({
      message() {
        const message = entry.request.message(request)
        if (message === undefined) withdraw(request)
        return message
      },
      onSend: () => {
        entry.wasSent = true
      },
    })
  }

  function take(request: bigint): Entry | undefined {
    const entry = underWay.get(request)
    if (entry === undefined) return undefined
    underWay.delete(request)
    if (entry.request.isSlow) slowUnderWay -= 1
    return entry
  }

  function withdraw(request: bigint): void {
    take(request)?.answer.resolve({ type: 'lost', wasSent: false })
    startNext()
  }

  return {
    ask(request) {
      const entry: Entry = { request, answer: deferred(), wasSent: false }
      if (isOver) return Promise.resolve({ type: 'lost', wasSent: false })
      waiting[request.isSlow ? 'slow' : 'quick'].push(entry)
      startNext()
      return entry.answer.promise
    },
    answer(request, result) {
      const entry = take(request)
      entry?.answer.resolve(result)
      startNext()
      return entry !== undefined
    },
    end() {
      isOver = true
      for (const { answer, wasSent } of [...underWay.values(), ...waiting.quick, ...waiting.slow]) {
        answer.resolve({ type: 'lost', wasSent })
      }
      underWay.clear()
      waiting.quick.length = 0
      waiting.slow.length = 0
    },
  }
}
