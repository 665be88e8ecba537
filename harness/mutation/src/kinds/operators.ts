import ts from 'typescript'
import { type Finder, replaceNode } from './kind.ts'

const kinds = ts.SyntaxKind

/** Another outcome where both sides are equal. */
const relaxed: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [kinds.LessThanToken, '<='],
  [kinds.LessThanEqualsToken, '<'],
  [kinds.GreaterThanToken, '>='],
  [kinds.GreaterThanEqualsToken, '>'],
])

/** The opposite outcome. */
const opposite: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [kinds.LessThanToken, '>='],
  [kinds.LessThanEqualsToken, '>'],
  [kinds.GreaterThanToken, '<='],
  [kinds.GreaterThanEqualsToken, '<'],
  [kinds.EqualsEqualsEqualsToken, '!=='],
  [kinds.ExclamationEqualsEqualsToken, '==='],
  [kinds.EqualsEqualsToken, '!='],
  [kinds.ExclamationEqualsToken, '=='],
])

const logical: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [kinds.AmpersandAmpersandToken, '||'],
  [kinds.BarBarToken, '&&'],
  [kinds.AmpersandAmpersandEqualsToken, '||='],
  [kinds.BarBarEqualsToken, '&&='],
  [kinds.QuestionQuestionEqualsToken, '='],
])

const arithmetic: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [kinds.PlusToken, '-'],
  [kinds.MinusToken, '+'],
  [kinds.AsteriskToken, '/'],
  [kinds.SlashToken, '*'],
  [kinds.PercentToken, '*'],
  [kinds.AsteriskAsteriskToken, '*'],
  [kinds.LessThanLessThanToken, '>>'],
  [kinds.GreaterThanGreaterThanToken, '<<'],
  [kinds.GreaterThanGreaterThanGreaterThanToken, '>>'],
  [kinds.AmpersandToken, '|'],
  [kinds.BarToken, '&'],
  [kinds.CaretToken, '&'],
  [kinds.PlusEqualsToken, '-='],
  [kinds.MinusEqualsToken, '+='],
  [kinds.AsteriskEqualsToken, '/='],
  [kinds.SlashEqualsToken, '*='],
  [kinds.LessThanLessThanEqualsToken, '>>='],
  [kinds.GreaterThanGreaterThanEqualsToken, '<<='],
  [kinds.AmpersandEqualsToken, '|='],
  [kinds.BarEqualsToken, '&='],
  [kinds.CaretEqualsToken, '&='],
])

const tables: readonly (readonly [kind: string, ReadonlyMap<ts.SyntaxKind, string>])[] = [
  ['comparison relaxed', relaxed],
  ['comparison negated', opposite],
  ['logical operator', logical],
  ['arithmetic operator', arithmetic],
]

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || (isSum(node) && isText(node.left))

const isSum = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === kinds.PlusToken

/** `a < b`, `a && b`, `a + b`, `a ?? b` and their like. */
export const binaryOperators: Finder = (node, file) => {
  if (!ts.isBinaryExpression(node)) return []
  const { operatorToken, left, right } = node
  if (operatorToken.kind === kinds.QuestionQuestionToken) {
    return [
      replaceNode('default dropped', node, file, left.getText(file)),
      replaceNode('default always', node, file, right.getText(file)),
    ]
  }
  // Texts that are joined cannot be subtracted.
  if (isSum(node) && (isText(left) || isText(right))) return []
  return tables.flatMap(([kind, table]) => {
    const replacement = table.get(operatorToken.kind)
    return replacement === undefined ? [] : [replaceNode(kind, operatorToken, file, replacement)]
  })
}

/** `!a`, `-a`, `a++`. */
export const unaryOperators: Finder = (node, file) => {
  if (ts.isPrefixUnaryExpression(node) && node.operator === kinds.ExclamationToken) {
    return [replaceNode('negation dropped', node, file, node.operand.getText(file))]
  }
  // A literal's minus belongs to the literal.
  if (ts.isPrefixUnaryExpression(node) && node.operator === kinds.MinusToken && !isNumber(node.operand)) {
    return [replaceNode('minus dropped', node, file, node.operand.getText(file))]
  }
  if (!ts.isPostfixUnaryExpression(node) && !ts.isPrefixUnaryExpression(node)) return []
  const isUp = node.operator === kinds.PlusPlusToken
  if (!isUp && node.operator !== kinds.MinusMinusToken) return []
  const operand = node.operand.getText(file)
  const other = isUp ? '--' : '++'
  const replacement = ts.isPrefixUnaryExpression(node) ? `${other}${operand}` : `${operand}${other}`
  return [replaceNode('arithmetic operator', node, file, replacement)]
}

const isNumber = (node: ts.Node): boolean => ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)

/** What `if`, `while`, `for` and `?:` ask. */
export const conditions: Finder = (node, file) => {
  const condition = conditionOf(node)
  if (condition === undefined || isNegatedElsewhere(condition)) return []
  return [replaceNode('condition negated', condition, file, `!(${condition.getText(file)})`)]
}

function conditionOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isDoStatement(node)) return node.expression
  if (ts.isForStatement(node) || ts.isConditionalExpression(node)) return node.condition
  return undefined
}

/** Comparisons and negations have mutations of their own that come to the same. */
function isNegatedElsewhere(condition: ts.Expression): boolean {
  if (ts.isBinaryExpression(condition)) return opposite.has(condition.operatorToken.kind)
  return ts.isPrefixUnaryExpression(condition) && condition.operator === kinds.ExclamationToken
}

/** Not where the result is not used: a promise that nobody waits for is refused by the linter. */
export const awaits: Finder = (node, file) =>
  ts.isAwaitExpression(node) && !ts.isExpressionStatement(node.parent)
    ? [replaceNode('await dropped', node, file, node.expression.getText(file))]
    : []
