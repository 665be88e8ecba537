import type { Result } from './play-all.ts'

/** The numbers of a run with one watcher. */
export interface Summary extends Readonly<Record<string, unknown>> {
  readonly scenarios: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Blocks from the cheat to the refutation, by scenario. */
  readonly blocks: Readonly<Record<string, number>>
  readonly failures: readonly string[]
}

export function summaryOf(results: readonly Result[]): Summary {
  const named = (verdict: string): readonly string[] =>
    results.filter((each) => each.verdict.verdict === verdict).map(({ name }) => name)
  return {
    scenarios: results.length,
    passed: named('passed').length,
    failed: named('failed').length,
    skipped: named('skipped').length,
    blocks: Object.fromEntries(
      results.flatMap(({ name, verdict }) =>
        'blocks' in verdict && verdict.blocks !== undefined ? [[name, verdict.blocks]] : [],
      ),
    ),
    failures: named('failed'),
  }
}

/** Both watchers side by side. */
export function tableOf(results: readonly Result[]): string {
  const names = [...new Set(results.map(({ name }) => name))]
  const cell = (name: string, kind: Result['kind']): string => {
    const verdict = results.find((each) => each.name === name && each.kind === kind)?.verdict
    if (verdict === undefined) return '–'
    const blocks = 'blocks' in verdict && verdict.blocks !== undefined ? `, ${verdict.blocks} blocks` : ''
    return `${verdict.verdict}${blocks}`
  }
  const rows = [
    ['scenario', 'daemon', "go-perun's own watcher"],
    ...names.map((name) => [name, cell(name, 'daemon'), cell(name, 'go-perun')]),
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + 2)
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('')).join('\n')
}
