import { chainUnreachable, type EvmClient, rpcRefused } from '@perun-watcher/chain-evm'
import { assertNever } from '@perun-watcher/core/adapter'
import type { SimProcess } from '@perun-watcher/simulation/sim-process'
import type { Answer, Exchange } from '../endpoint/answer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** Counts what is under way. */
export interface Meter {
  begin(): () => void
}

/** What a client library makes of an answer. */
function unwrap(method: string, answer: Exclude<Answer, { type: 'silence' }>): unknown {
  switch (answer.type) {
    case 'result':
      return answer.value
    case 'error':
      throw rpcRefused(method, { code: answer.code, message: answer.message, data: answer.data })
    case 'failure':
      throw chainUnreachable(method, answer.message, {
        status: answer.status,
        text: answer.text,
        isTooLarge: answer.isTooLarge,
      })
    default:
      return assertNever(answer)
  }
}

/**
 * An endpoint as the watcher's program sees it, until that crashes.
 *
 * @param onDelivered - hears of what reached somebody who still waited for it.
 */
export function simClient(
  { plan, respond }: Endpoint,
  process: SimProcess,
  requests: Meter,
  onDelivered: (exchange: Exchange, answer: Answer) => void,
  watchHeads: EvmClient['watchHeads'],
): EvmClient {
  return {
    request: (method, params, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason)
        const end = requests.begin()
        const settle = (act: () => void): void => {
          signal?.removeEventListener('abort', onAbort)
          end()
          // Nothing reaches a program that is no more.
          if (process.isAlive) act()
        }
        const onAbort = (): void => settle(() => reject(signal?.reason))
        signal?.addEventListener('abort', onAbort, { once: true })
        respond({ method, params }).then(
          (answer) => {
            if (answer.type === 'silence' || signal?.aborted === true) return
            settle(() => {
              onDelivered({ method, params }, answer)
              try {
                resolve(unwrap(method, answer))
              } catch (error) {
                reject(error)
              }
            })
          },
          // A mistake of the world, not of an endpoint.
          (error: unknown) => settle(() => reject(error)),
        )
      }),
    ...(plan.announces && watchHeads !== undefined ? { watchHeads } : {}),
  }
}
