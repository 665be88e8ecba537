import ts from 'typescript'
import { type Finder, replaceNode } from './kind.ts'

/** `call()`, `await call()`, `a = b`: as if the line were missing. */
export const effects: Finder = (node, file) => {
  if (!ts.isExpressionStatement(node) || ts.isStringLiteral(node.expression)) return []
  // `super()` cannot be missing.
  if (ts.isCallExpression(node.expression) && node.expression.expression.kind === ts.SyntaxKind.SuperKeyword) return []
  return [replaceNode('statement dropped', node, file, ';')]
}

/** `return`, `throw`, `break` and `continue` before the end: as if the code went on. */
export const exits: Finder = (node, file) => {
  if (ts.isReturnStatement(node) && isLastOfFunction(node)) return []
  const isExit =
    ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isBreakStatement(node) || ts.isContinueStatement(node)
  return isExit ? [replaceNode('exit dropped', node, file, ';')] : []
}

/** Without it the function has no result, which the compiler would say. */
function isLastOfFunction(node: ts.ReturnStatement): boolean {
  const { parent } = node
  return ts.isBlock(parent) && ts.isFunctionLike(parent.parent) && parent.statements.at(-1) === node
}
