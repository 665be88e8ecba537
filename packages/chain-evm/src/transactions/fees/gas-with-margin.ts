/**
 * The gas limit for a transaction: one and a half times the estimate; less where no block would take that much, but
 * never below the estimate. Unused gas costs nothing, and the contract's storage may have changed by the time a block
 * includes the transaction: registering a channel for the first time takes half as much again as refuting an earlier
 * registration of it.
 */
export function gasWithMargin(estimate: bigint, blockGasLimit: bigint, transactionGasLimit: bigint): bigint {
  const limit = blockGasLimit < transactionGasLimit ? blockGasLimit : transactionGasLimit
  const generous = (estimate * 3n + 1n) / 2n
  if (generous <= limit) return generous
  return estimate > limit ? estimate : limit
}
