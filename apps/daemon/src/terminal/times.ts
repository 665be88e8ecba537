const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const

/** A duration in its two largest units: `2 h 3 min`, `45 s`. */
export function durationText(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds))
  const at = units.findIndex(([, size]) => whole >= size)
  const [unit, size] = units[at] ?? ['s', 1]
  const rest = whole % size
  const [nextUnit, nextSize] = units[at + 1] ?? ['s', 1]
  const smaller = unit === 's' ? 0 : Math.floor(rest / nextSize)
  const text = `${Math.floor(whole / size)} ${unit}${smaller === 0 ? '' : ` ${smaller} ${nextUnit}`}`
  return seconds < 0 ? `-${text}` : text
}

/** Seconds since 1970 as date and time; a number out of the range of dates is left as it is. */
export function timeText(seconds: string): string {
  const date = new Date(Number(seconds) * 1_000)
  return Number.isNaN(date.getTime()) ? seconds : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
