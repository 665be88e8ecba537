import { describe, expect, it } from 'vitest'
import { testChannel } from '../../../src/testing/index.ts'
import { attemptPace } from '../../../src/watcher/disputes/attempt-pace.ts'
import { isPending, testClock } from '../../support/setup.ts'

const root = testChannel().id
const never = (): Promise<void> => new Promise(() => {})
const { signal } = new AbortController()

function rig() {
  const clock = testClock()
  const pace = attemptPace({ clock, random: () => 1 })
  const note = (times: number, secondsLeft = 3_600n): void => {
    for (let each = 0; each < times; each++) pace.note(root, secondsLeft)
  }
  return { clock, pace, note }
}

describe('attemptPace', () => {
  it('lets a few attempts through at once', async () => {
    const { pace, note } = rig()
    note(3)
    expect(await pace.rest(root, never, signal)).toBe(false)
  })

  it('pauses after them, twice as long each time', async () => {
    const { clock, pace, note } = rig()
    note(4)
    for (const pauseMs of [250, 500, 1_000]) {
      const resting = pace.rest(root, never, signal)
      await clock.pass(pauseMs - 1)
      expect(await isPending(resting)).toBe(true)
      await clock.pass(1)
      expect(await resting).toBe(true)
      expect(await pace.rest(root, never, signal)).toBe(false)
      note(1)
    }
  })

  it('never pauses for more than a twentieth of the time left', async () => {
    const { clock, pace, note } = rig()
    note(20, 20n)
    const resting = pace.rest(root, never, signal)
    await clock.pass(1_000)
    expect(await resting).toBe(true)
  })

  it('forgets all of it with the next block, which ends a pause', async () => {
    const { clock, pace, note } = rig()
    note(20)
    expect(await pace.rest(root, async () => {}, signal)).toBe(true)
    await clock.pass(250)
    pace.tick()
    expect(await pace.rest(root, never, signal)).toBe(false)
    note(3)
    expect(await pace.rest(root, never, signal)).toBe(false)
  })

  it('counts blocks that come at once as one', async () => {
    const { pace, note } = rig()
    note(20)
    for (let tick = 0; tick < 7; tick++) pace.tick()
    expect(await pace.rest(root, async () => {}, signal)).toBe(true)
  })

  it('does not rest for ever by a clock that stands still', async () => {
    const { pace, note } = rig()
    note(20)
    for (let tick = 0; tick < 8; tick++) pace.tick()
    expect(await pace.rest(root, never, signal)).toBe(false)
  })

  it('holds no other family up', async () => {
    const { pace, note } = rig()
    note(20)
    expect(await pace.rest(testChannel().id, never, signal)).toBe(false)
  })
})
