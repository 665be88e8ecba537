import type {
  Act,
  BlockMined,
  Cheated,
  Concluded,
  DemoEvent,
  Opened,
  Paid,
  Refused,
  Refuted,
  Started,
  Summary,
  Verdict,
  Versioned,
} from '../demo-event.ts'

/** One scenario as far as it was played. */
export interface ChannelView {
  readonly opened: Opened
  /** What the watcher holds, in the order in which it was told of the channels. */
  readonly told: readonly Versioned[]
  readonly cheated?: Cheated
  readonly refutations: readonly Refuted[]
  /** The chain says that it is concluded, whoever did that. */
  readonly isSettled: boolean
  readonly concluded: readonly Concluded[]
  readonly payouts: readonly Paid[]
  readonly verdict?: Verdict
}

/** Everything that can be shown at a moment. */
export interface DemoView {
  readonly started?: Started
  readonly act?: Act
  /** Timestamp of the first block that was heard of. */
  readonly since?: bigint
  readonly block?: BlockMined
  readonly channels: readonly ChannelView[]
  readonly refusals: readonly Refused[]
  readonly summary?: Summary
}

export const emptyView: DemoView = { channels: [], refusals: [] }

/** What there is to show after an event. Pure. */
export function follow(view: DemoView, event: DemoEvent): DemoView {
  switch (event.type) {
    case 'started':
      return { ...view, started: event }
    case 'act':
      return { ...view, act: event.act }
    case 'block':
      return { ...view, block: event, since: view.since ?? event.timestamp }
    case 'opened':
      return { ...view, channels: [...view.channels, openedView(event)] }
    case 'refused':
      return { ...view, refusals: [...view.refusals, event] }
    case 'summary':
      return { ...view, summary: event }
    default:
      return {
        ...view,
        channels: view.channels.map((channel) =>
          channel.opened.scenario === event.scenario ? followChannel(channel, event) : channel,
        ),
      }
  }
}

function openedView(opened: Opened): ChannelView {
  return { opened, told: [], refutations: [], isSettled: false, concluded: [], payouts: [] }
}

type ChannelEvent = Exclude<DemoEvent, { type: 'started' | 'act' | 'block' | 'opened' | 'refused' | 'summary' }>

function followChannel(view: ChannelView, event: ChannelEvent): ChannelView {
  switch (event.type) {
    case 'told':
      return { ...view, told: withVersion(view.told, event) }
    case 'cheated':
      return { ...view, cheated: event }
    case 'refuted':
      return { ...view, refutations: [...view.refutations, event] }
    case 'concluded':
      return { ...view, concluded: [...view.concluded, event] }
    case 'paid':
      return { ...view, payouts: [...view.payouts, event] }
    case 'verdict':
      return { ...view, verdict: event }
    case 'heard':
      return event.what === 'concluded' ? { ...view, isSettled: true } : view
    case 'conclusion-refused':
      return view
  }
}

function withVersion(versions: readonly Versioned[], { channel, version }: Versioned): readonly Versioned[] {
  const isKnown = versions.some((each) => each.channel === channel)
  if (!isKnown) return [...versions, { channel, version }]
  return versions.map((each) => (each.channel === channel ? { channel, version } : each))
}

/** The cheated channels that the watcher has not yet set right. */
export function openThreats({ cheated, refutations }: ChannelView): readonly Versioned[] {
  if (cheated === undefined) return []
  return cheated.newest.filter(
    ({ channel, version }, index) =>
      (cheated.registered[index]?.version ?? version) < version &&
      !refutations.some((each) => each.channel === channel && each.version >= version),
  )
}
