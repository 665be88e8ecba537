import { runStoreCase, storeCases, storeKit } from '@perun-watcher/conformance/store'
import { describe, expect, it } from 'vitest'
import { doubles } from './support/doubles.ts'
import { memoryPlace } from './support/places.ts'

describe('the kit for stores', () => {
  it('has a double for every case', () => {
    expect(Object.keys(doubles).toSorted()).toEqual(storeCases.map(({ name }) => name).toSorted())
  })

  it.each(storeCases)('catches a store that does not do this: $name', async (each) => {
    const double = doubles[each.name]
    if (double === undefined) throw new Error('there is no double')
    const outcome = await runStoreCase(each, double).catch((error: unknown) => error)
    expect(outcome).toBeInstanceOf(Error)
    // The double itself must not be broken.
    expect(outcome).not.toBeInstanceOf(TypeError)
  })

  it('skips nothing silently', () => {
    const names: string[] = []
    const skipped: string[] = []
    const fakeIt = Object.assign((name: string) => void names.push(name), {
      skip: (name: string) => void skipped.push(name),
    })
    storeKit({
      describe: (_, body) => body(),
      it: fakeIt,
      name: 'some store',
      capabilities: { durable: false },
      place: memoryPlace(),
    })
    expect(names.length + skipped.length).toBe(storeCases.length)
    expect(skipped).not.toEqual([])
    for (const name of skipped) expect(name).toMatch(/\(skipped: .+\)$/)
  })
})
