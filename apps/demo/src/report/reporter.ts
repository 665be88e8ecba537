import type { Channel, Output } from '@perun-watcher/daemon/internal'
import { jsonLine, themeFor } from '@perun-watcher/daemon/internal'
import type { DemoEvent } from '../demo-event.ts'
import { closing } from './closing.ts'
import { frame } from './frame.ts'
import { plainLine } from './plain-line.ts'
import { sentenceOf } from './sentence.ts'
import { type DemoView, emptyView, follow } from './view.ts'

/** Shows the demo while it runs. */
export interface Reporter {
  onEvent(event: DemoEvent): void
}

/** One line per channel, redrawn in place, and the results in the end. */
export function liveReporter(out: Channel): Reporter {
  const theme = themeFor(out)
  const keptLines = 4
  let view: DemoView = emptyView
  let latest: readonly string[] = []
  let drawn = 0

  /** In one write, so that no half frame is ever seen. */
  function draw(lines: readonly string[]): void {
    const back = drawn === 0 ? '' : `\u001B[${drawn}A`
    out.write(`${back}${lines.map((line) => `\r${line}\u001B[K\n`).join('')}\u001B[J`)
    drawn = lines.length
  }

  /** The cursor can only go back to lines that are still on the screen. */
  function whatFits(lines: readonly string[]): readonly string[] {
    return lines.slice(0, Math.max(1, out.rows() - 1))
  }

  draw(frame(view, latest, theme, out.columns()))
  return {
    onEvent(event) {
      const line = event.type === 'act' ? undefined : sentenceOf(event, view)
      if (line !== undefined) latest = [...latest, `${titleOf(event, view)}${line}`].slice(-keptLines)
      view = follow(view, event)
      if (event.type !== 'summary') draw(whatFits(frame(view, latest, theme, out.columns())))
      else draw([theme.strong('perun-watcher demo'), '', ...closing(view, theme)])
    },
  }
}

/** Lines that are only ever added: for logs, pipes and terminals that cannot move their cursor. */
export function plainReporter(out: Channel): Reporter {
  const theme = themeFor(out)
  let view: DemoView = emptyView
  return {
    onEvent(event) {
      const line = plainLine(event, view)
      view = follow(view, event)
      if (line !== undefined) out.write(`${line}\n`)
      if (event.type === 'summary') out.write(`\n${closing(view, theme).join('\n')}\n`)
    },
  }
}

/** Every event as a line of JSON on standard output; words for people go to standard error. */
export function jsonReporter({ out, err }: Output): Reporter {
  const words = plainReporter(err)
  return {
    onEvent(event) {
      out.write(`${jsonLine(event)}\n`)
      words.onEvent(event)
    },
  }
}

function titleOf(event: DemoEvent, { channels }: DemoView): string {
  if (!('scenario' in event)) return ''
  const title = channels.find(({ opened }) => opened.scenario === event.scenario)?.opened.title
  return title === undefined ? '' : `${title}: `
}
