import { describe, expect, it } from 'vitest'
import { parseCommandLine, UsageError } from '../src/command-line.ts'

const spec = { values: ['count', 'sizes', 'kind', 'kinds', 'minutes'], flags: ['write'] } as const
const kinds = ['paper', 'stone'] as const

describe('a command line', () => {
  it('is read by name, with the `--` that pnpm hands on', () => {
    const args = [
      '--',
      '--count',
      '40',
      '--sizes',
      '1,20',
      '--kind',
      'stone',
      '--kinds',
      'paper,stone',
      '--minutes',
      '0.5',
    ]
    const line = parseCommandLine(args, spec)
    expect(line.wholeNumber('count')).toBe(40)
    expect(line.wholeNumbers('sizes')).toEqual([1, 20])
    expect(line.oneOf('kind', kinds)).toBe('stone')
    expect(line.someOf('kinds', kinds)).toEqual(['paper', 'stone'])
    expect(line.positiveNumber('minutes')).toBe(0.5)
    expect(line.text('count')).toBe('40')
  })

  it('takes a list in several pieces, and of a single value the last one', () => {
    const line = parse(['--kinds', 'paper', '--kinds', 'stone,paper', '--count', '1', '--count', '2'])
    expect(line.someOf('kinds', kinds)).toEqual(['paper', 'stone', 'paper'])
    expect(line.wholeNumber('count')).toBe(2)
  })

  it('says of what is missing that it is undefined, so that the command decides what that means', () => {
    const line = parseCommandLine([], spec)
    expect([
      line.text('count'),
      line.wholeNumber('count'),
      line.wholeNumbers('sizes'),
      line.oneOf('kind', kinds),
      line.someOf('kinds', kinds),
      line.positiveNumber('minutes'),
    ]).toEqual(Array(6).fill(undefined))
  })

  it('has the flags of the command, and of every command', () => {
    const line = parseCommandLine(['--write', '--json'], spec)
    expect([line.has('write'), line.has('json'), line.has('help')]).toEqual([true, true, false])
  })

  it.each<[string, string, (line: ReturnType<typeof parse>) => unknown, string]>([
    ['--count', 'many', (line) => line.wholeNumber('count'), '--count must be a whole number of at least 1.'],
    ['--count', '1.5', (line) => line.wholeNumber('count'), '--count must be a whole number of at least 1.'],
    ['--count', '', (line) => line.wholeNumber('count', 0), '--count must be a whole number of at least 0.'],
    ['--count', '6', (line) => line.wholeNumber('count', 7), '--count must be a whole number of at least 7.'],
    ['--sizes', '1,x', (line) => line.wholeNumbers('sizes'), '--sizes must be a whole number of at least 1.'],
    ['--kind', 'wood', (line) => line.oneOf('kind', kinds), '--kind must be one of paper, stone, not wood.'],
    ['--kinds', 'stone,wood', (line) => line.someOf('kinds', kinds), '--kinds must be one of paper, stone, not wood.'],
    ['--minutes', '0', (line) => line.positiveNumber('minutes'), '--minutes must be a number above 0.'],
    ['--minutes', 'x', (line) => line.positiveNumber('minutes'), '--minutes must be a number above 0.'],
  ])('refuses %s %s', (option, value, read, message) => {
    expect(() => read(parse([option, value]))).toThrow(new UsageError(message))
  })

  it('takes the least number that is allowed', () => {
    expect(parse(['--count', '7']).wholeNumber('count', 7)).toBe(7)
    expect(parse(['--count', '0']).wholeNumber('count', 0)).toBe(0)
  })

  it.each([[['--unknown']], [['--count']], [['stray']]])('refuses %j as wrong usage', (args) => {
    expect(() => parse(args)).toThrow(UsageError)
  })

  it('takes arguments without an option where the command wants them', () => {
    const line = parseCommandLine(['store', '--count', '2'], { ...spec, takesPositionals: true })
    expect(line.positionals).toEqual(['store'])
  })
})

function parse(args: readonly string[]) {
  return parseCommandLine(args, spec)
}
