import type { AbortOptions, ChannelId, TransactionHash } from '@perun-watcher/core'
import type { PlayedState } from '@perun-watcher/core/adapter'
import { isAcceptable } from './is-acceptable.ts'
import type { RegisteredStatesDeps } from './registered-states.ts'
import { readTransaction } from './transaction-call.ts'

export interface PlayedStateOptions extends AbortOptions {
  /** The channel whose log led here. */
  readonly channelId: ChannelId
}

/**
 * What a transaction played by calling the adjudicator's `progress`. `undefined`: its own call is none of this channel, as where a
 * contract made it: no state needs it, so that no trace is asked for.
 *
 * @throws WatcherError as `registeredStates`
 */
export async function playedState(
  { client, adjudicator, generation }: Omit<RegisteredStatesDeps, 'ownCall'>,
  transactionHash: TransactionHash,
  { channelId, signal }: PlayedStateOptions,
): Promise<PlayedState | undefined> {
  const { to, data } = await readTransaction(client, transactionHash, { signal })
  const progress = to === adjudicator ? generation.decodeProgress(data) : undefined
  if (progress === undefined || progress.state.channelId !== channelId || !isAcceptable(progress)) return undefined
  return { state: progress.state, actor: Number(progress.actorIndex) }
}
