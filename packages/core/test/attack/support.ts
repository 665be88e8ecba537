import type { SignedState } from '../../src/index.ts'
import { concludes, modelSigned, registers, type TestChannel, testChannel } from '../../src/testing/index.ts'
import { parseBytes } from '../../src/validation/parse-hex.ts'

/** The same state with so many bytes of app data. */
export function withAppData({ params, state }: SignedState, bytes: number): SignedState {
  return modelSigned(params, { ...state, appData: parseBytes(`0x${'77'.repeat(bytes)}`) })
}

/** Closes a sub-channel at a state of the adversary's choice, in one block and hidden from recovery. */
export function closes(sub: TestChannel, version: bigint, below: readonly SignedState[] = []) {
  const [own, at] = [testChannel({ duration: 0n }), sub.signed(version)]
  const root = own.signed(0n, { locks: [sub] })
  return [registers(root, [at, ...below], true), concludes(root, [at, ...below])]
}
