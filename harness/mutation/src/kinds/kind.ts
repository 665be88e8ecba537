import type ts from 'typescript'
import type { Mutation } from '../mutation.ts'

/** Finds the mutations of some kinds that begin at one node. */
export type Finder = (node: ts.Node, file: ts.SourceFile) => readonly Mutation[]

export function replaceNode(kind: string, node: ts.Node, file: ts.SourceFile, replacement: string): Mutation {
  return { kind, start: node.getStart(file), end: node.getEnd(), replacement }
}
