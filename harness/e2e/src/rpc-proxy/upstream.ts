import { type Answer, type Exchange, fieldOf, type Responder, refusal, result } from '@perun-watcher/nodes/faults'

/** The node itself, asked over HTTP. @param url of its JSON-RPC */
export function upstream(url: string): Responder {
  return async ({ method, params }) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    try {
      const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      return answerOf(JSON.parse(await response.text()))
    } catch (error) {
      return { type: 'failure', message: error instanceof Error ? error.message : String(error) }
    }
  }
}

function answerOf(told: unknown): Answer {
  const error = fieldOf(told, 'error')
  if (error === undefined) return result(fieldOf(told, 'result') ?? null)
  const code = fieldOf(error, 'code')
  return refusal(typeof code === 'number' ? code : undefined, String(fieldOf(error, 'message')), fieldOf(error, 'data'))
}

/** Asks for something that has to be answered. @throws Error */
export async function ask(node: Responder, method: string, params: Exchange['params']): Promise<unknown> {
  const answer = await node({ method, params })
  if (answer.type === 'result') return answer.value
  throw new Error(`${method} was not answered: ${JSON.stringify(answer)}`)
}
