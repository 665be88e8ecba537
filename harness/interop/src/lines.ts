/** The hash of a transaction. */
type Hash = `0x${string}`

/** What came of a play. */
export interface Verdict {
  readonly verdict: 'passed' | 'failed'
  readonly reason?: string
  /** From the cheat to what refuted it; the longest, if there were several. */
  readonly blocks?: number
}

/** What the Go program wants done to its world. */
export interface Request {
  readonly do: string
  readonly depth: number
  /** Transactions that stay where blocks are replaced. */
  readonly keep: readonly Hash[]
  /** Seconds. */
  readonly skip: number
  readonly resume: unknown
}

export type Line = Verdict | Request

export function isDefinite(line: Line): line is Verdict {
  return 'verdict' in line
}

/** @throws Error if the program says something else. */
export function parseLine(text: string): Line {
  const line: unknown = JSON.parse(text)
  if (typeof line !== 'object' || line === null) throw new Error(`Neither a request nor a verdict: ${text}`)
  const fields = new Map<string, unknown>(Object.entries(line))
  const verdict = fields.get('verdict')
  if (verdict === 'passed' || verdict === 'failed') {
    const [reason, blocks] = [fields.get('reason'), fields.get('blocks')]
    return {
      verdict,
      ...(typeof reason === 'string' ? { reason } : {}),
      ...(typeof blocks === 'number' ? { blocks } : {}),
    }
  }
  const what = fields.get('do')
  if (typeof what !== 'string') throw new Error(`Neither a request nor a verdict: ${text}`)
  return {
    do: what,
    depth: numberOf(fields.get('depth')),
    keep: [fields.get('keep')].flat().filter(isHash),
    skip: numberOf(fields.get('skip')),
    resume: fields.get('resume'),
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function isHash(value: unknown): value is Hash {
  return typeof value === 'string' && value.startsWith('0x')
}
