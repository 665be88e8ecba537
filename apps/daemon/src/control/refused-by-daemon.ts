import type { Failure } from './protocol.ts'

/** What the daemon says when it does not do it: its code may be one that this version does not know. */
export class RefusedByDaemon extends Error {
  override readonly name = 'RefusedByDaemon'
  readonly code: string
  /** The same may succeed later. */
  readonly retryable: boolean

  constructor({ code, message, remedy, retryable }: Failure & { readonly retryable: boolean }) {
    super(`${message}\nWhat to do: ${remedy}\nCode: ${code}`)
    this.code = code
    this.retryable = retryable
  }
}
