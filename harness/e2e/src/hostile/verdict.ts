/** What was found after an attack. */
export interface Findings {
  /** Why the daemon, Mallory or an honest client could not go on. */
  readonly failures: readonly string[]
  /** Of each honest channel: what its client was promised, and what the daemon guards. */
  readonly channels: readonly { readonly acknowledged: bigint; readonly held: bigint | undefined }[]
  /** Of any one hostile client. */
  readonly mostChannels: number
  /** `undefined` where the system does not tell. */
  readonly memoryMiB: number | undefined
  readonly logLines: number
  readonly minutes: number
}

/** How much a daemon may take under attack. */
export interface Bounds {
  readonly channels: number
  readonly memoryMiB: number
  /** Besides those of its start. */
  readonly logLinesPerMinute: number
}

const linesOfStart = 200

/** @returns a sentence for each promise that was broken. */
export function violationsOf(found: Findings, bounds: Bounds): readonly string[] {
  const { failures, channels, mostChannels, memoryMiB, logLines, minutes } = found
  const mostLines = linesOfStart + Math.ceil(minutes) * bounds.logLinesPerMinute
  return [
    ...failures,
    ...channels.flatMap(({ acknowledged, held }) =>
      held === acknowledged ? [] : [`version ${acknowledged} was acknowledged, ${held} is held`],
    ),
    ...(mostChannels > bounds.channels ? [`a hostile client has ${mostChannels} of ${bounds.channels} channels`] : []),
    ...(memoryMiB !== undefined && !(memoryMiB <= bounds.memoryMiB)
      ? [`the daemon took ${memoryMiB} of ${bounds.memoryMiB} MiB`]
      : []),
    ...(logLines > mostLines ? [`the daemon logged ${logLines} of ${mostLines} lines`] : []),
  ]
}
