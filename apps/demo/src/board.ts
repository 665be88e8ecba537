import type { DemoEvent } from './demo-event.ts'

/** Where everything that happens is written up, and where one can wait for more. */
export interface Board {
  emit(event: DemoEvent): void
  /** Resolves with the next event, or after `withinMs`; rejects with the signal's reason. */
  changed(options: { readonly withinMs: number; readonly signal: AbortSignal }): Promise<void>
}

export function board(onEvent: (event: DemoEvent) => void): Board {
  const waiting = new Set<() => void>()
  return {
    emit(event) {
      onEvent(event)
      for (const wake of [...waiting]) wake()
    },
    changed: ({ withinMs, signal }) =>
      new Promise((resolve, reject) => {
        const settle = (then: () => void): void => {
          clearTimeout(timer)
          waiting.delete(onChange)
          signal.removeEventListener('abort', onAbort)
          then()
        }
        const onChange = (): void => settle(resolve)
        const onAbort = (): void => settle(() => reject(signal.reason))
        const timer = setTimeout(onChange, withinMs)
        waiting.add(onChange)
        signal.addEventListener('abort', onAbort, { once: true })
        if (signal.aborted) onAbort()
      }),
  }
}
