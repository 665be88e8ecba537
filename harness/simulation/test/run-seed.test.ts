import { describe, expect, it } from 'vitest'
import { replayCommand, simulateArguments } from '../src/cli/arguments.ts'
import { milestones, unmetOf } from '../src/coverage/milestones.ts'
import { runSeed } from '../src/run/run-seed.ts'

describe('a run', () => {
  it('is the same byte for byte when its seed is the same', async () => {
    for (const seed of [3, 17, 74]) {
      const first = await runSeed(seed, { keepsTrace: true })
      const second = await runSeed(seed, { keepsTrace: true })
      expect(first.trace.length).toBeGreaterThan(20)
      expect(second.trace.join('\n')).toBe(first.trace.join('\n'))
      expect([...second.met]).toEqual([...first.met])
    }
  })

  it('is the same with and without a trace', async () => {
    const traced = await runSeed(9, { keepsTrace: true })
    const silent = await runSeed(9)
    expect([...silent.met]).toEqual([...traced.met])
    expect(silent.trace).toEqual([])
  })

  it('differs when its seed differs', async () => {
    const first = await runSeed(1, { keepsTrace: true })
    const second = await runSeed(2, { keepsTrace: true })
    expect(second.trace).not.toEqual(first.trace)
  })

  it('can do without a hardship', async () => {
    const faults = ['fault: crash', 'fault: rpc error'] as const
    const whole = await runSeed(6)
    const calm = await runSeed(6, { without: ['crashes', 'rpcDown', 'rpcSlow', 'hangs'], families: 1 })
    expect(faults.map((name) => whole.met.has(name))).toEqual([true, true])
    expect(faults.map((name) => calm.met.has(name))).toEqual([false, false])
  })
})

describe('two dozen seeds', () => {
  it('break no promise and meet most of what is declared', async () => {
    const met = new Map<string, number>()
    for (let seed = 1; seed <= 24; seed++) {
      const result = await runSeed(seed)
      expect(result.violations, replayCommand(seed, {})).toEqual([])
      for (const [name, count] of result.met) met.set(name, (met.get(name) ?? 0) + count)
    }
    const unmet = unmetOf(met)
    expect(unmet.length, unmet.join(', ')).toBeLessThan(Object.keys(milestones).length / 3)
  })
})

describe('the command line', () => {
  it('repeats a failure with one command that it understands itself', () => {
    const options = { families: 1, minutes: 10, without: ['reorgs', 'hangs'] } as const
    const command = replayCommand(7, options)
    expect(command).toBe('pnpm simulate --replay 7 --families 1 --active 10 --without reorgs,hangs')
    const parsed = simulateArguments(command.split(' ').slice(2))
    expect(parsed.replay).toBe(7)
    expect(parsed.options).toEqual(options)
  })

  it('runs 2000 seeds unless told otherwise, and as many as it can in a given time', () => {
    expect(simulateArguments([]).seeds).toBe(2000)
    expect(simulateArguments(['--minutes', '1']).seeds).toBe(Number.POSITIVE_INFINITY)
    expect(simulateArguments(['--minutes', '1', '--seeds', '5']).seeds).toBe(5)
  })

  it('says what is wrong with an argument', () => {
    expect(() => simulateArguments(['--seeds', 'many'])).toThrowError('--seeds must be a whole number of at least 1.')
    expect(() => simulateArguments(['--without', 'rain'])).toThrowError(/^--without must be one of .*, not rain\.$/)
  })
})
