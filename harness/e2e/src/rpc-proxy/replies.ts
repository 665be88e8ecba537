import { type Answer, type Exchange, fieldOf } from '@perun-watcher/nodes/faults'

/** A message that asks for something: JSON-RPC, one or many at once. */
export interface Question {
  readonly isBatch: boolean
  readonly asked: readonly (Exchange & { readonly id: unknown })[]
}

/** `undefined`: nothing that anybody could answer. */
export function questionOf(text: string): Question | undefined {
  const message = parsed(text)
  const all: readonly unknown[] = Array.isArray(message) ? message : [message]
  const asked = all.map((each) => {
    const params = fieldOf(each, 'params')
    return {
      id: fieldOf(each, 'id'),
      method: String(fieldOf(each, 'method')),
      params: Array.isArray(params) ? params : [],
    }
  })
  return message === undefined ? undefined : { isBatch: Array.isArray(message), asked }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Larger than what viem reads: 10 MiB. */
const tooLarge = 11 * 1024 * 1024

/** What is written for an answer. */
export type Reply =
  | { readonly type: 'message'; readonly message: object }
  | { readonly type: 'page'; readonly status: number; readonly text: string }
  /** The connection breaks. */
  | { readonly type: 'cut' }
  | { readonly type: 'silence' }

export function replyOf(id: unknown, answer: Answer): Reply {
  switch (answer.type) {
    case 'result':
      return { type: 'message', message: { jsonrpc: '2.0', id, result: answer.value } }
    case 'error': {
      const { code, message, data } = answer
      return { type: 'message', message: { jsonrpc: '2.0', id, error: { code, message, data } } }
    }
    case 'failure':
      if (answer.isTooLarge === true) return { type: 'page', status: 200, text: ' '.repeat(tooLarge) }
      if (answer.status === undefined) return { type: 'cut' }
      return { type: 'page', status: answer.status, text: answer.text ?? '' }
    case 'silence':
      return { type: 'silence' }
  }
}
