/** A call to the ledger or the store that has not answered after so many milliseconds counts as failed. */
export const callTimeoutMs = 30_000
