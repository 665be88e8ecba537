import { dice } from '@perun-watcher/harness-kit/dice'
import { describe, expect, it } from 'vitest'
import { type HardshipSchedule, hardshipSchedule, hardships, harmless } from '../../src/world/hardships.ts'
import { scheduler } from '../../src/world/scheduler.ts'

describe('scheduler', () => {
  it('runs tasks by time, and those of one instant in the order in which they were scheduled', async () => {
    const time = scheduler()
    const ran: string[] = []
    for (const [delay, name] of [
      [30, 'c'],
      [10, 'a'],
      [30, 'd'],
      [20, 'b'],
    ] as const) {
      time.after(delay, () => ran.push(`${name}${time.now}`))
    }
    await time.run(100)
    expect(ran).toEqual(['a10', 'b20', 'c30', 'd30'])
  })

  it('finishes what follows from a task before the next one', async () => {
    const time = scheduler()
    const ran: string[] = []
    time.after(1, () => {
      void (async () => {
        for (let wait = 0; wait < 50; wait++) await Promise.resolve()
        ran.push('consequence')
      })()
    })
    time.after(1, () => ran.push('next'))
    await time.run(10)
    expect(ran).toEqual(['consequence', 'next'])
  })

  it('stops at its limit and when it is done', async () => {
    const time = scheduler()
    const ran: number[] = []
    for (const at of [1, 2, 3, 4]) time.after(at, () => ran.push(at))
    await time.run(100, () => ran.length === 2)
    expect(ran).toEqual([1, 2])
    await time.run(3)
    expect(ran).toEqual([1, 2, 3])
  })
})

describe('weather', () => {
  const lengthMs = 1_000_000
  const harmful = hardships.filter((hardship) => !harmless.includes(hardship))
  const isCalm = (schedule: HardshipSchedule, family: number, fromMs: number, untilMs: number): boolean =>
    schedule.spellsOf(family).every((spell) => spell.untilMs <= fromMs || untilMs <= spell.fromMs)

  it('is calm exactly where no hardship holds', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const schedule = hardshipSchedule(dice(seed), { lengthMs, families: 2 })
      for (let at = 0; at < lengthMs; at += 10_000) {
        const isRough =
          harmful.some((hardship) => schedule.is(hardship, at)) || schedule.hangsUntil(1, at) !== undefined
        expect(isCalm(schedule, 1, at, at + 1)).toBe(!isRough)
      }
    }
  })

  it('leaves out what it is told to leave out', () => {
    const schedule = hardshipSchedule(dice(5), { lengthMs, families: 2, without: [...hardships, 'hangs'] })
    expect(isCalm(schedule, 1, 0, lengthMs)).toBe(true)
    expect(isCalm(schedule, 2, 0, lengthMs)).toBe(true)
  })

  it('lets at most one family hang, which counts against that one alone', () => {
    let hung = 0
    for (let seed = 1; seed <= 60; seed++) {
      const schedule = hardshipSchedule(dice(seed), { lengthMs, families: 2, without: hardships })
      const rough = [1, 2].filter((family) => !isCalm(schedule, family, 0, 2 * lengthMs))
      expect(rough.length).toBeLessThanOrEqual(1)
      hung += rough.length
    }
    expect(hung).toBeGreaterThan(0)
  })
})
