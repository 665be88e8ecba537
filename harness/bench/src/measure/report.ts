import { median } from './numbers.ts'

/** Named figures, in named sections. */
export type Report = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Checks what came from another process. */
export function isReport(value: unknown): value is Report {
  return (
    isRecord(value) &&
    Object.values(value).every((section) => isRecord(section) && Object.values(section).every(isNumber))
  )
}

const isNumber = (value: unknown): boolean => typeof value === 'number'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

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
