import { wakeSignal } from '@perun-watcher/core/adapter'

/**
 * Everything that comes from several sources, as it comes; ends once all of them have ended, or with the first error of one.
 * Whatever has come by then is passed on before.
 */
export async function* merged<Item>(sources: readonly AsyncIterable<Item>[]): AsyncGenerator<Item, void, undefined> {
  const [only, ...others] = sources
  if (only !== undefined && others.length === 0) return yield* only
  const arrived: Item[] = []
  const changed = wakeSignal()
  let running = sources.length
  let failure: { readonly error: unknown } | undefined

  async function take(source: AsyncIterable<Item>): Promise<void> {
    try {
      for await (const item of source) {
        arrived.push(item)
        changed.wake()
      }
    } catch (error) {
      failure ??= { error }
    } finally {
      running -= 1
      changed.wake()
    }
  }

  for (const source of sources) void take(source)
  for (;;) {
    const seen = changed.count
    const next = arrived.shift()
    if (next !== undefined) yield next
    else if (failure !== undefined) throw failure.error
    else if (running === 0) return
    else await changed.after(seen)
  }
}
