import type { Channel, Output } from '../../src/terminal/output.ts'

export interface Captured extends Channel {
  /** All that was written. */
  readonly text: () => string
}

/** A stream that nobody looks at, in black and white unless told otherwise. */
export function captured(options: Partial<Omit<Channel, 'write'>> = {}): Captured {
  const written: string[] = []
  return {
    write: (text) => {
      written.push(text)
    },
    text: () => written.join(''),
    isLive: false,
    hasColors: false,
    hasUnicode: true,
    columns: () => 80,
    rows: () => 40,
    ...options,
  }
}

export function capturedOutput(): Output & { readonly out: Captured; readonly err: Captured } {
  return { out: captured(), err: captured() }
}

/** A signal that never comes. */
const noSignal = new AbortController().signal

/** A process to which nobody sends a signal. */
export const undisturbed = {
  signal: noSignal,
  immediate: noSignal,
  onHangup: (): Disposable => ({ [Symbol.dispose]() {} }),
} as const
