import { type AdjudicatorRules, perunRules } from '../../src/adapter.ts'
import type { ChannelView, FamilyView } from '../../src/dispute/family.ts'
import type { HeldState, SignedState } from '../../src/index.ts'
import type { TestChannel } from '../../src/testing/index.ts'
import { held, roomy } from './random-family.ts'

export interface ViewOptions extends Partial<Pick<ChannelView, 'record'>> {
  /** An older state that is kept besides the newest. */
  readonly fallback?: HeldState | undefined
  /** What the record stands for, where it is held and not the newest. */
  readonly registered?: HeldState | undefined
}

/** A channel as a family sees it, with the states that are held of it. */
export function view(channel: TestChannel, newest: SignedState, options: ViewOptions = {}): ChannelView {
  const { fallback, registered, record } = options
  const states = [held(newest), fallback, registered].filter((state) => state !== undefined)
  const candidates = states.sort((a, b) => (a.state.version < b.state.version ? 1 : -1))
  return { id: channel.id, params: channel.params, newest: held(newest), candidates, record }
}

export function family(
  root: ChannelView,
  others: readonly ChannelView[],
  now: bigint,
  rules: AdjudicatorRules = perunRules,
): FamilyView {
  return {
    root,
    channels: new Map([root, ...others].map((channel) => [channel.id, channel])),
    now,
    rules,
    room: roomy,
  }
}
