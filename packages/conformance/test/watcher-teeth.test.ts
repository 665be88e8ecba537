import { runWatcherCase, watcherCases, watcherKit } from '@perun-watcher/conformance/watcher'
import { describe, expect, it } from 'vitest'
import { recordingRunner } from './support/recording-runner.ts'
import { watcherDoubles } from './support/watcher-doubles.ts'
import { localPlace } from './support/watcher-places.ts'

describe('the kit for watchers', () => {
  it('has a double for every case', () => {
    expect(Object.keys(watcherDoubles).toSorted()).toEqual(watcherCases.map(({ name }) => name).toSorted())
  })

  const pairs = watcherCases.flatMap((each) =>
    [watcherDoubles[each.name] ?? []].flat().map((place) => ({ name: each.name, each, place })),
  )
  it.each(pairs)('catches a watcher that does not do this: $name', async ({ each, place }) => {
    // Some doubles are stuck for ever: nobody needs to wait long for that.
    const outcome = await runWatcherCase(each, { place, patienceMs: 3_000 }).catch((error: unknown) => error)
    expect(outcome).toBeInstanceOf(Error)
    // The double itself must not be broken.
    expect(outcome).not.toBeInstanceOf(TypeError)
  })

  it('skips nothing silently', () => {
    const { runner, skipped, expectNothingSilent } = recordingRunner()
    watcherKit({ ...runner, name: 'some watcher', place: localPlace, ownsEngine: true })
    expectNothingSilent(watcherCases.length)
    expect(skipped).toHaveLength(2)
  })
})
