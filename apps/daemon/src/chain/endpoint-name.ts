import { withoutSecrets } from '@perun-watcher/chain-evm/internal'

/** Tells one of several endpoints apart for people; without secrets. @param index in the configuration, from 0. */
export function endpointName(url: string, index: number): string {
  return `${index + 1} (${withoutSecrets(url)})`
}
