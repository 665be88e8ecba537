import type { Dice } from '@perun-watcher/harness-kit/dice'
import { type Mutation, mutated } from './mutation.ts'
import type { Package, SourceFile } from './packages.ts'
import { isParsed, mutationsOf } from './points.ts'

/** A mutation of one file of one package. */
export interface Mutant {
  /** From 1, within its draw. */
  readonly number: number
  readonly package: Package
  readonly source: SourceFile
  readonly mutation: Mutation
  /** The whole file as it is with the mutation. */
  readonly text: string
}

export interface Draw {
  /** How many there are to draw from. */
  readonly points: number
  readonly mutants: readonly Mutant[]
}

/**
 * Draws mutations of packages, each with the same chance and none twice. Follows from the seed and the sources alone, and
 * a longer draw begins with the shorter one.
 */
export function drawMutants(packages: readonly Package[], dice: Dice, count: number): Draw {
  const points = packages.flatMap((each) =>
    each.sources.flatMap((source) =>
      mutationsOf(source.path, source.text).map((mutation) => ({ package: each, source, mutation })),
    ),
  )
  const mutants: Mutant[] = []
  const left = points.slice()
  while (mutants.length < count && left.length > 0) {
    const index = dice.int(0, left.length - 1)
    const point = left[index]
    const last = left.pop()
    if (point === undefined || last === undefined) break
    // The last one takes the place of the one that was drawn.
    if (index < left.length) left[index] = last
    const text = mutated(point.source.text, point.mutation)
    if (isParsed(point.source.path, text)) mutants.push({ number: mutants.length + 1, ...point, text })
  }
  return { points: points.length, mutants }
}

/** What a person needs to find a mutation, and to judge it. */
export interface MutantDescription {
  readonly number: number
  readonly file: string
  /** From 1. */
  readonly line: number
  /** The line, or lines, without and with it. */
  readonly before: string
  readonly after: string
  readonly kind: string
}

export function describeMutant({ number, source: { path, text }, mutation }: Mutant): MutantDescription {
  const from = text.lastIndexOf('\n', mutation.start - 1) + 1
  const end = text.indexOf('\n', mutation.end)
  const to = end === -1 ? text.length : end
  return {
    number,
    file: path,
    line: text.slice(0, mutation.start).split('\n').length,
    before: oneLine(text.slice(from, to)),
    after: oneLine(`${text.slice(from, mutation.start)}${mutation.replacement}${text.slice(mutation.end, to)}`),
    kind: mutation.kind,
  }
}

const longest = 240

function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length <= longest ? line : `${line.slice(0, longest)} …`
}
