import { runStoreCase, storeCases, storeKit } from '@perun-watcher/conformance/store'
import { describe, expect, it } from 'vitest'
import { type Double, doubles, furtherDoubles } from './support/doubles.ts'
import { memoryPlace } from './support/places.ts'
import { recordingRunner } from './support/recording-runner.ts'

describe('the kit for stores', () => {
  it('has a double for every case', () => {
    expect(Object.keys(doubles).toSorted()).toEqual(storeCases.map(({ name }) => name).toSorted())
  })

  const expectCaught = async (name: string, double: Double | undefined): Promise<void> => {
    const each = storeCases.find((known) => known.name === name)
    if (each === undefined || double === undefined) throw new Error('there is no double, or no such case')
    const outcome = await runStoreCase(each, double).catch((error: unknown) => error)
    expect(outcome).toBeInstanceOf(Error)
    // The double itself must not be broken.
    expect(outcome).not.toBeInstanceOf(TypeError)
  }

  it.each(storeCases)('catches a store that does not do this: $name', async (each) => {
    await expectCaught(each.name, doubles[each.name])
  })

  it.each(furtherDoubles)('%s: catches one that %s', async (name, _, double) => {
    await expectCaught(name, double)
  })

  it('skips nothing silently', () => {
    const { runner, skipped, expectNothingSilent } = recordingRunner()
    storeKit({
      ...runner,
      name: 'some store',
      capabilities: { durable: false },
      place: memoryPlace(),
    })
    expectNothingSilent(storeCases.length)
    expect(skipped).not.toEqual([])
  })
})
