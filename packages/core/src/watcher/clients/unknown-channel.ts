import { WatcherError } from '../../errors/watcher-error.ts'
import type { ChannelId } from '../../model/brand.ts'

export function unknownChannel(id: ChannelId): WatcherError {
  return new WatcherError('CHANNEL_UNKNOWN', 'The channel is not watched.', { details: [`Channel ${id}.`] })
}
