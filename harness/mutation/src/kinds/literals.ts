import ts from 'typescript'
import { type Finder, replaceNode } from './kind.ts'

/** `7`, `7n`, `0x07`: one more and one less. */
export const numbers: Finder = (node, file) => {
  if (ts.isPropertyName(node) && isName(node)) return []
  const text = node.getText(file).replaceAll('_', '')
  if (ts.isNumericLiteral(node)) {
    const value = Number(text)
    return [
      replaceNode('number + 1', node, file, `${value + 1}`),
      replaceNode('number - 1', node, file, less(value - 1)),
    ]
  }
  if (ts.isBigIntLiteral(node)) {
    const value = BigInt(text.slice(0, -1))
    return [
      replaceNode('number + 1', node, file, `${value + 1n}n`),
      replaceNode('number - 1', node, file, less(value - 1n, 'n')),
    ]
  }
  return []
}

/** In parentheses where it has become negative: `-1 ** 2` and `2--1` are errors. */
function less(value: number | bigint, suffix = ''): string {
  return value < 0 ? `(${value}${suffix})` : `${value}${suffix}`
}

/** The key of an object or a member's name, as in `{ 1: 'one' }`. */
function isName(node: ts.PropertyName): boolean {
  return 'name' in node.parent && node.parent.name === node
}

export const booleans: Finder = (node, file) => {
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [replaceNode('boolean', node, file, 'false')]
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [replaceNode('boolean', node, file, 'true')]
  return []
}
