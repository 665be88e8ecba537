import type { DisputeAction } from '../../dispute/decide.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { SignedState } from '../../model/channel.ts'

const stateKey = ({ state }: SignedState): string => `${state.channelId}@${state.version}`

/** The states of an action in the order in which they are sent, the root's first. */
export function statesOf(action: DisputeAction): readonly [SignedState, ...SignedState[]] {
  return action.type === 'register' ? [action.channel, ...action.subChannels] : [action.channel]
}

/** The channels of those states. */
export function channelsOf(action: DisputeAction): readonly ChannelId[] {
  return statesOf(action).map(({ state }) => state.channelId)
}

/** Two actions with the same key send the same states. */
export function actionKey(action: DisputeAction): string {
  return [action.type, ...statesOf(action).map(stateKey)].join(' ')
}
