/**
 * - `DEMO_STALLED`: something that must happen on the demo's chain did not happen in time.
 * - `DEMO_CONTRACT`: Perun's own contracts were asked for, and cannot be had here.
 * - `DEMO_SCRIPT`: a scenario contradicts itself; a bug of the demo.
 */
export type DemoErrorCode = 'DEMO_STALLED' | 'DEMO_CONTRACT' | 'DEMO_SCRIPT'

/** The demo itself could not go on. The message is the cause with the values, then what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
  readonly code: DemoErrorCode

  constructor(code: DemoErrorCode, cause: string, remedy: string) {
    super(`${cause}\nWhat to do: ${remedy}\nCode: ${code}`)
    this.code = code
  }
}
