/** What went wrong; stable, unlike the messages. */
export type DevnetErrorCode =
  | 'ANVIL_MISSING'
  | 'ANVIL_START'
  | 'ANVIL_STOPPED'
  | 'CONTRACTS_STALE'
  | 'DATA_INVALID'
  | 'DEPLOYMENT'
  | 'TRANSACTION_PENDING'
  | 'TRANSACTION_REVERTED'

/** Any failure of the devnet itself. The message is the cause, then what to do about it where that is known. */
export class DevnetError extends Error {
  override readonly name: string = 'DevnetError'
  readonly code: DevnetErrorCode

  constructor(code: DevnetErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    const text = options.remedy === undefined ? message : `${message}\n${options.remedy}`
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
  }
}
