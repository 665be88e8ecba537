import type { Store } from '../../spi/store.ts'

/** What the engine needs of a store. */
export type EngineStore = Pick<Store, 'open' | 'load' | 'commit' | 'summaries' | 'mailbox' | 'cursor' | 'close'>
