/**
 * Most channels of one tree: a ledger channel and everything locked below it. A registration costs up to 130 000 gas for
 * each of them, and has to fit into a block of 30 million.
 */
export const maxTreeSize = 200
