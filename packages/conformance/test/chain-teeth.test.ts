import { chainCases, chainKit, runChainCase } from '@perun-watcher/conformance/chain'
import { describe, expect, it } from 'vitest'
import { chainDoubles } from './support/chain-doubles.ts'
import { modelPlace } from './support/chain-places.ts'
import { recordingRunner } from './support/recording-runner.ts'

describe('the kit for chain backends', () => {
  it('has a double for every case', () => {
    expect(Object.keys(chainDoubles).toSorted()).toEqual(chainCases.map(({ name }) => name).toSorted())
  })

  it.each(chainCases)('catches a backend that does not do this: $name', async (each) => {
    const place = chainDoubles[each.name]
    if (place === undefined) throw new Error('there is no double')
    const outcome = await runChainCase(each, { place }).catch((error: unknown) => error)
    expect(outcome).toBeInstanceOf(Error)
    // The double itself must not be broken, nor a case that waits for ever be taken for one that looks.
    expect(outcome).not.toBeInstanceOf(TypeError)
    expect(String(outcome)).not.toMatch(/nothing happened/)
  })

  it('skips nothing silently', () => {
    const { runner, skipped, expectNothingSilent } = recordingRunner()
    chainKit({ ...runner, name: 'some chain', place: modelPlace() })
    expectNothingSilent(chainCases.length)
    expect(skipped).not.toEqual([])
  })
})
