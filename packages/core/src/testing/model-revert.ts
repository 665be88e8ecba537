/** The contract refused a call. The message is its reason, word for word. */
export class ModelRevert extends Error {
  override readonly name = 'ModelRevert'
}

export function reverts(reason: string): never {
  throw new ModelRevert(reason)
}

export function require(condition: boolean, reason: string): asserts condition {
  if (!condition) reverts(reason)
}

export const arrayPanic = 'panic: array out-of-bounds access (0x32)'
export const arithmeticPanic = 'panic: arithmetic underflow or overflow (0x11)'
