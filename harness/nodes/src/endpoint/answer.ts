import type { Hex } from '@perun-watcher/core'

/** What comes back from an endpoint, or does not. */
export type Answer =
  | { readonly type: 'result'; readonly value: unknown }
  /** The node's own error. */
  | { readonly type: 'error'; readonly code: number | undefined; readonly message: string; readonly data?: unknown }
  /** No JSON-RPC: a closed connection, an HTTP status with what its page says, a body that is larger than clients take. */
  | {
      readonly type: 'failure'
      readonly message: string
      readonly status?: number
      readonly text?: string
      readonly isTooLarge?: boolean
    }
  /** Nothing, for as long as anybody waits. */
  | { readonly type: 'silence' }

export interface Exchange {
  readonly method: string
  readonly params: readonly unknown[]
}

/** Answers one request, now or later. */
export type Responder = (exchange: Exchange) => Promise<Answer>

export const result = (value: unknown): Answer => ({ type: 'result', value })

export const refusal = (code: number | undefined, message: string, data?: unknown): Answer => ({
  type: 'error',
  code,
  message,
  ...(data === undefined ? {} : { data }),
})

export const httpStatus = (status: number, text: string): Answer => ({
  type: 'failure',
  message: `HTTP request failed. Status: ${status}.`,
  status,
  text,
})

/** What a node refuses; thrown where it is found out, and answered. */
export class Refused extends Error {
  readonly answer: Answer

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.answer = refusal(code, message, data)
  }
}

export const isHex = (value: unknown): value is Hex => typeof value === 'string' && value.startsWith('0x')

/** A field of an object of somebody else's; `undefined` where there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
