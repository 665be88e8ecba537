import ts from 'typescript'
import type { Mutation } from '../mutation.ts'
import { type Finder, replaceNode } from './kind.ts'

/** The body of an `if` or of a loop stays a body, or the compiler would refuse it. */
function dropped(kind: string, node: ts.Statement, file: ts.SourceFile): Mutation {
  const { parent } = node
  const isInList = ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent)
  return replaceNode(kind, node, file, isInList ? ';' : '{}')
}

/** `call()`, `await call()`, `a = b`: as if the line were missing. */
export const effects: Finder = (node, file) => {
  if (!ts.isExpressionStatement(node) || ts.isStringLiteral(node.expression)) return []
  // `super()` cannot be missing.
  if (ts.isCallExpression(node.expression) && node.expression.expression.kind === ts.SyntaxKind.SuperKeyword) return []
  return [dropped('statement dropped', node, file)]
}

/** `return`, `throw`, `break` and `continue` before the end: as if the code went on. */
export const exits: Finder = (node, file) => {
  if (ts.isReturnStatement(node) && isLastOfFunction(node)) return []
  const isExit =
    ts.isReturnStatement(node) || ts.isThrowStatement(node) || ts.isBreakStatement(node) || ts.isContinueStatement(node)
  return isExit ? [dropped('exit dropped', node, file)] : []
}

/** Without it the function has no result, which the compiler would say. */
function isLastOfFunction(node: ts.ReturnStatement): boolean {
  const { parent } = node
  return ts.isBlock(parent) && ts.isFunctionLike(parent.parent) && parent.statements.at(-1) === node
}
