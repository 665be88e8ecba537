import { describe, expect, it } from 'vitest'
import { mutated } from '../src/mutation.ts'
import { isParsed, mutationsOf } from '../src/points.ts'

/** Each mutation as `kind: text of the whole source`. */
function mutantsOf(source: string): readonly string[] {
  return mutationsOf('a.ts', source).map((mutation) => `${mutation.kind}: ${mutated(source, mutation)}`)
}

const samples: readonly [what: string, source: string, ...mutants: string[]][] = [
  ['a comparison', 'const a = b < c', 'comparison relaxed: const a = b <= c', 'comparison negated: const a = b >= c'],
  [
    'a loose comparison',
    'const a = b >= c',
    'comparison relaxed: const a = b > c',
    'comparison negated: const a = b < c',
  ],
  ['an equality', 'const a = b === c', 'comparison negated: const a = b !== c'],
  ['and', 'const a = b && c', 'logical operator: const a = b || c'],
  ['or', 'const a = b || c', 'logical operator: const a = b && c'],
  ['a default', 'const a = b ?? c', 'default dropped: const a = b', 'default always: const a = c'],
  ['a default that is kept', 'a ??= b', 'statement dropped: ;', 'logical operator: a = b'],
  ['a negation', 'const a = !b', 'negation dropped: const a = b'],
  ['a sum', 'const a = b + c', 'arithmetic operator: const a = b - c'],
  ['a text that is joined', "const a = 'b' + c"],
  ['a product', 'const a = b * c', 'arithmetic operator: const a = b / c'],
  ['a minus', 'const a = -b', 'minus dropped: const a = b'],
  ['a step', 'a++', 'statement dropped: ;', 'arithmetic operator: a--'],
  ['a step before', 'const a = --b', 'arithmetic operator: const a = ++b'],
  ['a sum that is kept', 'a += b', 'statement dropped: ;', 'arithmetic operator: a -= b'],
  ['an if', 'if (a()) b', 'condition negated: if (!(a())) b', 'statement dropped: if (a()) {}'],
  ['a choice', 'const a = b ? c : d', 'condition negated: const a = !(b) ? c : d'],
  ['a choice by comparison', 'const a = b === c ? d : e', 'comparison negated: const a = b !== c ? d : e'],
  ['a loop', 'while (a) {}', 'condition negated: while (!(a)) {}'],
  ['a number', 'const a = 1_000', 'number + 1: const a = 1001', 'number - 1: const a = 999'],
  ['zero', 'const a = 0', 'number + 1: const a = 1', 'number - 1: const a = (-1)'],
  ['a big number', 'const a = 0x10n', 'number + 1: const a = 17n', 'number - 1: const a = 15n'],
  ['a boolean', 'const a = true', 'boolean: const a = false'],
  ['a call', 'a()', 'statement dropped: ;'],
  ['a call that is waited for', 'await a()', 'statement dropped: ;'],
  ['a result that is waited for', 'const a = await b', 'await dropped: const a = b'],
  [
    'an early return',
    'function f() { if (a) return b\n return c }',
    'condition negated: function f() { if (!(a)) return b\n return c }',
    'exit dropped: function f() { if (a) {}\n return c }',
  ],
  ['a throw', 'if (a) throw b', 'condition negated: if (!(a)) throw b', 'exit dropped: if (a) {}'],
  ['leaving a loop', 'for (const a of b) break', 'exit dropped: for (const a of b) {}'],
  ['the smaller', 'const a = Math.min(b, c)', 'method swapped: const a = Math.max(b, c)'],
  ['some', 'const a = b.some(c)', 'method swapped: const a = b.every(c)'],
  ['what is left out', 'const a = b.filter(c)', 'call dropped: const a = b'],
  ['all of them', 'const a = Promise.all(b)', 'method swapped: const a = Promise.race(b)'],
  ['all of something else', 'const a = b.all(c)'],
]

describe('the mutations of', () => {
  it.each(samples)('%s', (_, source, ...expected) => {
    expect(mutantsOf(source)).toEqual(expected)
  })

  it.each(samples)('%s are programs', (_, source) => {
    for (const mutation of mutationsOf('a.ts', source)) expect(isParsed('a.ts', mutated(source, mutation))).toBe(true)
  })

  it('a file stand in the order of the text, with their places', () => {
    const source = 'const a = 1\nconst b = c < 2\n'
    const found = mutationsOf('a.ts', source)
    expect(found.map(({ start }) => start)).toEqual(found.map(({ start }) => start).toSorted((a, b) => a - b))
    expect(found.map(({ start, end }) => source.slice(start, end))).toEqual(['1', '1', '<', '<', '2', '2'])
  })

  it.each([
    ['a type', 'type A = { readonly a: 1; b: true | -1 }'],
    ['an interface', 'interface A { a: 1 }'],
    ['a type of a value', 'const a: 1 | true = b'],
    ['an import', "import { a } from 'b'"],
    ['a declaration', 'declare const a: (b?: 1) => 2'],
    ['names of members', 'const a = { 1: b }'],
    ['a directive', "'use strict'"],
    ['the last return of a function', 'function f() { return a }'],
    ['a call of the constructor above', 'class A extends B { constructor() { super() } }'],
  ])('%s are none', (_, source) => {
    expect(mutantsOf(source)).toEqual([])
  })
})

it('what is no program is not parsed', () => {
  expect(isParsed('a.ts', 'const a = 1')).toBe(true)
  expect(isParsed('a.ts', 'const a: number = "text"')).toBe(true)
  expect(isParsed('a.ts', 'const a = -1 ** 2 +')).toBe(false)
})
