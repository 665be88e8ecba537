import { type Block, parseBlockHash } from '../../src/index.ts'

/** A block, where it does not matter which. */
export const genesisBlock: Block = { number: 0n, hash: parseBlockHash(`0x${'00'.repeat(32)}`), timestamp: 0n }
