import type { Clock } from '@perun-watcher/core'
import { findDaemon, nobodyThere } from '../../control/control-client.ts'
import type { Status } from '../../control/protocol.ts'
import type { Channel, Output } from '../../terminal/output.ts'
import { jsonLine } from '../../terminal/output.ts'
import { themeFor } from '../../terminal/theme.ts'
import { statusLines } from './status-lines.ts'

export interface ShowStatusOptions {
  readonly controlSocket: string
  readonly watch: boolean
  readonly json: boolean
  readonly output: Output
  readonly clock: Clock
  readonly signal: AbortSignal
}

const refreshMs = 2_000

/** How many disputes are shown if no terminal limits them. */
const disputesInLogs = 50

/** @returns whether a daemon is running and ready. With `watch` it runs until the signal aborts. */
export async function showStatus({ output, ...options }: ShowStatusOptions): Promise<boolean> {
  const { controlSocket, watch, clock, signal } = options
  for (;;) {
    const status = await (await findDaemon(controlSocket, { signal }))?.status({ signal })
    show(status, output, options)
    if (!watch) return status?.readiness.ready ?? false
    await clock.sleep(refreshMs, { signal })
  }
}

function show(
  status: Status | undefined,
  { out, err }: Output,
  { controlSocket, watch, json }: Omit<ShowStatusOptions, 'output'>,
): void {
  if (json) {
    out.write(`${jsonLine(status ?? { running: false, controlSocket })}\n`)
    return
  }
  if (status === undefined && !watch) {
    err.write(`${nobodyThere(controlSocket).join('\n')}\n`)
    return
  }
  const lines = status === undefined ? nobodyThere(controlSocket) : linesFor(status, out)
  // Clears the screen, so that the status stays in place.
  out.write(`${watch && out.isLive ? '\u001B[2J\u001B[H' : ''}${lines.join('\n')}\n`)
}

function linesFor(status: Status, out: Channel): readonly string[] {
  const theme = themeFor(out)
  const others = statusLines(status, { theme, disputes: 0 }).length
  const disputes = out.isLive ? Math.max(1, out.rows() - others - 1) : disputesInLogs
  return statusLines(status, { theme, disputes })
}
