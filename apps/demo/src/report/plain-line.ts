import type { DemoEvent } from '../demo-event.ts'
import { sentenceOf } from './sentence.ts'
import { sinceText } from './text.ts'
import type { DemoView } from './view.ts'

/** An event as a line of a log, or nothing where it says nothing new. `view` is what was known before it. Pure. */
export function plainLine(event: DemoEvent, view: DemoView): string | undefined {
  const sentence = sentenceOf(event, view)
  if (sentence === undefined) return undefined
  const { block, since } = view
  const time = sinceText(block === undefined || since === undefined ? 0n : block.timestamp - since)
  if (event.type === 'act') return `\n${time}  ${sentence}`
  const title = 'scenario' in event ? channelTitle(event.scenario, view) : ''
  return title === '' ? `${time}  ${sentence}` : `${time}  ${title.padEnd(24)}  ${sentence}`
}

function channelTitle(scenario: string, { channels }: DemoView): string {
  return channels.find(({ opened }) => opened.scenario === scenario)?.opened.title ?? scenario
}
