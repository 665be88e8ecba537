import { median } from './numbers.ts'

/** Named figures, in named sections. */
export type Report = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Each figure's median over all rounds. */
export function medians(reports: readonly Report[]): Report {
  const [first = {}] = reports
  const sections = Object.entries(first).map(([section, figures]) => {
    const names = Object.keys(figures)
    const values = names.map(
      (name) => [name, median(reports.map((report) => report[section]?.[name] ?? Number.NaN))] as const,
    )
    return [section, Object.fromEntries(values)] as const
  })
  return Object.fromEntries(sections)
}
