import { wakeSignal } from '@perun-watcher/core/adapter'
import { expect, test } from 'vitest'
import { merged } from '../../src/listen/merged.ts'

/** A source that gives what it is told to, when it is told. */
function source() {
  const items: string[] = []
  const changed = wakeSignal()
  let end: { readonly error?: Error } | undefined
  return {
    push(...more: readonly string[]) {
      items.push(...more)
      changed.wake()
    },
    end(error?: Error) {
      end = error === undefined ? {} : { error }
      changed.wake()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = items.shift()
        if (next !== undefined) yield next
        else if (end?.error !== undefined) throw end.error
        else if (end !== undefined) return
        else await changed.after(changed.count)
      }
    },
  }
}

test('what comes from any source is passed on, until all of them have ended', async () => {
  const [one, two] = [source(), source()]
  const all = merged([one, two])
  const first = all.next()
  two.push('b')
  expect(await first).toEqual({ done: false, value: 'b' })
  one.push('a')
  expect((await all.next()).value).toBe('a')
  two.end()
  const last = all.next()
  one.push('c')
  expect((await last).value).toBe('c')
  one.end()
  expect(await all.next()).toEqual({ done: true, value: undefined })
})

test('a source that floods does not keep the other one from being heard', async () => {
  const [flood, quiet] = [source(), source()]
  const all = merged([flood, quiet])
  flood.push(...Array<string>(100).fill('flood'))
  const first = await all.next()
  quiet.push('quiet')
  flood.push(...Array<string>(100).fill('later'))
  flood.end()
  quiet.end()
  const order = [first.value]
  for await (const item of all) order.push(item)
  expect(order).toHaveLength(201)
  expect(order.indexOf('quiet')).toBeLessThan(order.lastIndexOf('later'))
})

test('the error of a source is told after what had come before it', async () => {
  const [one, two] = [source(), source()]
  const all = merged([one, two])
  one.push('a', 'b', 'c')
  two.end(new Error('lost'))
  const seen = [(await all.next()).value]
  // By now everything has arrived, the error as well.
  await new Promise(setImmediate)
  for (const _ of [1, 2]) seen.push((await all.next()).value)
  expect(seen).toEqual(['a', 'b', 'c'])
  await expect(all.next()).rejects.toThrow('lost')
})

test('a single source is passed on, and of none there is nothing', async () => {
  const one = source()
  one.push('a')
  one.end()
  const all = merged([one])
  expect([(await all.next()).value, (await all.next()).done]).toEqual(['a', true])
  expect((await merged([]).next()).done).toBe(true)
})
