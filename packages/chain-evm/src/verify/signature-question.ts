import type { SignatureParts } from './signature-form.ts'

/** Whose is it? One signature of a state. */
export interface SignatureQuestion extends SignatureParts {
  /** 32 bytes: what was signed. */
  readonly digest: Uint8Array
}

/** Per question the public key, 64 bytes; `undefined` where no key can have made the signature. */
export type RecoveredKeys = readonly (Uint8Array | undefined)[]

/** Finds out which keys made signatures. */
export interface SignerRecovery {
  /** Never rejects. */
  recover(questions: readonly SignatureQuestion[]): Promise<RecoveredKeys>
  /** What is under way is still answered. */
  close(): Promise<void>
}
