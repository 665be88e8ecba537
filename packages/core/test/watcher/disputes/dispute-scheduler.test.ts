import { describe, expect, it } from 'vitest'
import { perunRules, silentLogger } from '../../../src/adapter.ts'
import { lifetime } from '../../../src/async/lifetime.ts'
import type { Clock } from '../../../src/index.ts'
import { modelChain, testChannel } from '../../../src/testing/index.ts'
import { chainClock } from '../../../src/watcher/chain/chain-clock.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import type { Assessment } from '../../../src/watcher/disputes/assessor.ts'
import { type DisputeScheduler, disputeScheduler } from '../../../src/watcher/disputes/dispute-scheduler.ts'
import { eagerClock, settle, stillClock } from '../../support/setup.ts'

const root = testChannel().id
const atRest: Assessment = { action: undefined, problems: [], family: undefined, isOpen: false }

/** A scheduler whose decisions the test makes. */
function schedulerWith(assess: () => Promise<Assessment>, clock: Clock = stillClock): DisputeScheduler {
  const disputeWarnings = { raise() {}, failed() {}, late() {}, refuted() {}, blind() {}, shortSubWindow() {} }
  const recordReader = { size: 0, readInBackground() {}, tryReading: async () => true, take: () => false }
  return disputeScheduler({
    chain: modelChain(),
    rules: perunRules,
    index: channelIndex(),
    assessor: { assess, noteTooLarge() {}, noteRefused() {}, tick() {} },
    recordReader,
    disputeWarnings,
    chainClock: chainClock(stillClock),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    refuteDepth: 0n,
    lifetime: lifetime(),
    ledgerThroughput: { current: undefined },
  })
}

async function microtasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}

/** Between the last look of a dispute and its end lie a few microtasks; whatever comes in any of them must count. */
const anyMoment = Array.from({ length: 15 }, (_, at) => at)

describe('the dispute scheduler', () => {
  it('looks again at a family that is woken, in whatever moment', async () => {
    for (const moment of anyMoment) {
      let hasChanged = false
      let isSeen = false
      const scheduler = schedulerWith(async () => {
        isSeen ||= hasChanged
        return atRest
      })
      scheduler.wake(root)
      await microtasks(moment)
      hasChanged = true
      scheduler.wake(root)
      await settle()
      expect(isSeen, `woken after ${moment} microtasks`).toBe(true)
    }
  })

  it('never works twice on the same family, in whatever moment a block comes', async () => {
    for (const moment of anyMoment) {
      let running = 0
      let most = 0
      const scheduler = schedulerWith(async () => {
        running += 1
        most = Math.max(most, running)
        await microtasks(3)
        running -= 1
        return { ...atRest, isOpen: true }
      })
      scheduler.wake(root)
      await microtasks(moment)
      scheduler.tick()
      await microtasks(2)
      scheduler.wake(root)
      scheduler.tick()
      await settle()
      expect(most, `a block after ${moment} microtasks`).toBe(1)
      expect(scheduler.isUnderWay(root)).toBe(false)
      await scheduler.allAtRest()
    }
  })

  it('looks with every block at a family that is not settled, and at no other', async () => {
    for (const isOpen of [true, false]) {
      let looks = 0
      const scheduler = schedulerWith(async () => {
        looks += 1
        return { ...atRest, isOpen }
      })
      scheduler.wake(root)
      await settle()
      for (let block = 0; block < 3; block++) {
        scheduler.tick()
        await settle()
      }
      expect(looks).toBe(isOpen ? 4 : 1)
    }
  })

  it('takes up again with the next block what an error has interrupted', async () => {
    let looks = 0
    const scheduler = schedulerWith(async () => {
      looks += 1
      if (looks === 1) throw Object.assign(new Error('a mistake of ours'), { retryable: false })
      return atRest
    }, eagerClock)
    scheduler.wake(root)
    await settle()
    scheduler.tick()
    await settle()
    expect(looks).toBeGreaterThan(1)
    expect(scheduler.isUnderWay(root)).toBe(false)
  })

  it('is at rest for a family as soon as that one is, whatever others do', async () => {
    const other = testChannel().id
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let looks = 0
    const scheduler = schedulerWith(async () => {
      looks += 1
      if (looks === 1) await held
      return atRest
    })
    scheduler.wake(other)
    scheduler.wake(root)
    await scheduler.atRest([root])
    const reason = new Error('no time')
    await expect(scheduler.allAtRest({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    release()
    await scheduler.allAtRest()
  })
})
