import type { ModelChain } from '../../src/testing/index.ts'

/** What the watcher sent: per call the version of the root, then those of its sub-channels. */
export const sentVersions = ({ sent }: Pick<ModelChain, 'sent'>): readonly (readonly bigint[])[] =>
  sent.map(({ channel, subChannels }) => [channel, ...subChannels].map(({ state }) => state.version))
