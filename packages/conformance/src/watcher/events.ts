import assert from 'node:assert/strict'
import type { AdjudicatorEvent, AdjudicatorEventsSub, Watch } from '@perun-watcher/core'
import { describeEvent } from '@perun-watcher/core/testing'

/** Reads the expected events and compares. The last one is not handled yet: that takes a request for the next. */
export async function hears({ eventsSub }: Pick<Watch, 'eventsSub'>, wanted: readonly string[]): Promise<void> {
  const heard: string[] = []
  while (heard.length < wanted.length) {
    const event = await eventsSub.next()
    if (event === undefined) break
    heard.push(describeEvent(event))
  }
  assert.deepEqual(heard, wanted, 'events, in order')
}

/** Reads up to an event of this description. */
export async function readUpTo(eventsSub: AdjudicatorEventsSub, last: string): Promise<readonly AdjudicatorEvent[]> {
  const heard: AdjudicatorEvent[] = []
  for (;;) {
    const event = await eventsSub.next()
    assert.ok(event, `the subscription ended before ${last}`)
    heard.push(event)
    if (describeEvent(event) === last) return heard
  }
}

/** Reads a subscription to its end, without any further event. */
export async function hearsNothing(eventsSub: AdjudicatorEventsSub): Promise<void> {
  for await (const event of eventsSub) assert.fail(`nothing happened, but it told ${describeEvent(event)}`)
}
