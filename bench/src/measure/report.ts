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
