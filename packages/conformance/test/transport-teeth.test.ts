import { runTransportCase, transportCases, transportKit } from '@perun-watcher/conformance/transport'
import { describe, expect, it } from 'vitest'
import { maxBufferedBytes, maxMessageBytes, memoryPlace } from './support/memory-transport.ts'
import { recordingRunner } from './support/recording-runner.ts'
import { type Double, furtherDoubles, transportDoubles } from './support/transport-doubles.ts'

describe('the kit for transports', () => {
  it('has a double for every case', () => {
    expect(Object.keys(transportDoubles).toSorted()).toEqual(transportCases.map(({ name }) => name).toSorted())
  })

  const expectCaught = async (name: string, double: Double | undefined): Promise<void> => {
    const each = transportCases.find((known) => known.name === name)
    if (each === undefined || double === undefined) throw new Error('there is no double, or no such case')
    // Some doubles are stuck for ever: nobody needs to wait long for that.
    const options = { ...double, maxMessageBytes, maxBufferedBytes, patienceMs: 2_000 }
    const outcome = await runTransportCase(each, options).catch((error: unknown) => error)
    expect(outcome).toBeInstanceOf(Error)
    // The double itself must not be broken.
    expect(outcome).not.toBeInstanceOf(TypeError)
  }

  it.each(transportCases)('catches a transport that does not do this: $name', async (each) => {
    await expectCaught(each.name, transportDoubles[each.name])
  })

  it.each(furtherDoubles)('%s: catches one that %s', async (name, _, double) => {
    await expectCaught(name, double)
  })

  it('skips nothing silently', () => {
    const { runner, skipped, expectNothingSilent } = recordingRunner()
    transportKit({
      ...runner,
      name: 'some transport',
      place: memoryPlace(),
      maxMessageBytes,
    })
    expectNothingSilent(transportCases.length)
    expect(skipped).toHaveLength(4)
  })
})
