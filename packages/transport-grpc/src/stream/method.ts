import type { Metadata } from '@grpc/grpc-js'
import { defaultMaxMessageBytes } from '@perun-watcher/protocol/adapter'
import { watcherService } from '@perun-watcher/protocol/internal'
import { metadataKeys } from './metadata-keys.ts'

/** The one method of a watcher, as HTTP/2 names it. */
export const connectPath = `/${watcherService.typeName}/${watcherService.method.connect.name}`

/** Longest message that the other side takes, by its headers; what is nonsense there is left out. */
export function longestOf(headers: Metadata): number {
  const [told] = headers.get(metadataKeys.maxMessageBytes)
  return typeof told === 'string' && /^[1-9]\d{0,9}$/.test(told) ? Number(told) : defaultMaxMessageBytes
}
