/** One change at one point of a source file. */
export interface Mutation {
  readonly kind: string
  /** What is replaced: from `start` to before `end`, in UTF-16 units from the beginning of the file. */
  readonly start: number
  readonly end: number
  readonly replacement: string
}

export function mutated(source: string, { start, end, replacement }: Mutation): string {
  return `${source.slice(0, start)}${replacement}${source.slice(end)}`
}
