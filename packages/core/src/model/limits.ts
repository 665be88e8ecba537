/**
 * Most channels of one tree: a ledger channel and everything locked below it. Nodes take no transaction above 128 KiB,
 * and an ordinary channel is about 2 100 bytes of it; the gas (at most 130 000 each) would allow more.
 */
export const maxTreeSize = 60

/** Most 32-byte words of one encoded state: it has to fit into a transaction with its signatures and its tree. */
export const maxStateWords = 3_000
