import ts from 'typescript'
import { methods } from './kinds/calls.ts'
import type { Finder } from './kinds/kind.ts'
import { booleans, numbers } from './kinds/literals.ts'
import { awaits, binaryOperators, conditions, unaryOperators } from './kinds/operators.ts'
import { effects, exits } from './kinds/statements.ts'
import type { Mutation } from './mutation.ts'

const finders: readonly Finder[] = [
  binaryOperators,
  unaryOperators,
  conditions,
  awaits,
  numbers,
  booleans,
  effects,
  exits,
  methods,
]

/** Every mutation of a source file, in the order of the text. */
export function mutationsOf(path: string, text: string): readonly Mutation[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  const found: Mutation[] = []
  function visit(node: ts.Node): void {
    if (isOnlyForTheCompiler(node)) return
    for (const finder of finders) found.push(...finder(node, file))
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found.toSorted((a, b) => a.start - b.start)
}

/** Nothing of it is there at run time. */
function isOnlyForTheCompiler(node: ts.Node): boolean {
  return (
    ts.isTypeNode(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportDeclaration(node) ||
    ts.isExportDeclaration(node) ||
    (ts.canHaveModifiers(node) &&
      (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword))
  )
}

/** Whether a text is a program, whatever its types. */
export function isParsed(path: string, text: string): boolean {
  const options = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext }
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName: path,
    compilerOptions: options,
    reportDiagnostics: true,
  })
  return diagnostics.length === 0
}
