import type { Store } from '../../spi/store.ts'

/** What the engine needs of a store. Parts see less of it: only the channel book commits what the index mirrors. */
export type EngineStore = Pick<
  Store,
  'open' | 'bind' | 'load' | 'kept' | 'history' | 'commit' | 'summaries' | 'mailbox' | 'cursor' | 'close'
>

/** Reads what is stored of a channel, at any time, with the states that are kept besides. */
export type StateReader = Pick<EngineStore, 'load' | 'kept'>
