import ts from 'typescript'
import { type Finder, replaceNode } from './kind.ts'

/** Methods that do nearly the same. */
const swapped: ReadonlyMap<string, string> = new Map(
  [
    ['some', 'every'],
    ['find', 'findLast'],
    ['findIndex', 'findLastIndex'],
    ['indexOf', 'lastIndexOf'],
    ['push', 'unshift'],
    ['pop', 'shift'],
    ['startsWith', 'endsWith'],
    ['min', 'max'],
    ['floor', 'ceil'],
    ['padStart', 'padEnd'],
    ['trimStart', 'trimEnd'],
    ['keys', 'values'],
  ].flatMap(([one = '', other = '']) => [
    [one, other],
    [other, one],
  ]),
)

/** Methods whose result may be as good as what they are called on, to a test that does not look. */
const dropped: ReadonlySet<string> = new Set([
  'concat',
  'filter',
  'reverse',
  'slice',
  'sort',
  'subarray',
  'toLowerCase',
  'toReversed',
  'toSorted',
  'toUpperCase',
  'trim',
  'trimEnd',
  'trimStart',
])

/** Waiting for less than all. */
const hasty: ReadonlyMap<string, string> = new Map([
  ['all', 'race'],
  ['allSettled', 'race'],
])

/** `list.some(…)`, `Math.min(…)`, `list.filter(…)`, `Promise.all(…)`. */
export const methods: Finder = (node, file) => {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return []
  const { name, expression: subject } = node.expression
  const method = name.text
  const other = swapped.get(method)
  const race = subject.getText(file) === 'Promise' ? hasty.get(method) : undefined
  return [
    ...(other === undefined ? [] : [replaceNode('method swapped', name, file, other)]),
    ...(race === undefined ? [] : [replaceNode('method swapped', name, file, race)]),
    ...(dropped.has(method) ? [replaceNode('call dropped', node, file, subject.getText(file))] : []),
  ]
}
