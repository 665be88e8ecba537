import { createRequire } from 'node:module'
import { secp256k1 } from '@noble/curves/secp256k1.js'

/** `native` is libsecp256k1, `javascript` is some thirty times slower. */
export type EngineName = 'native' | 'javascript'

/** Finds out which key signed a digest. */
export interface SignerRecoveryEngine {
  readonly name: EngineName
  /**
   * @param digest - 32 bytes
   * @param rs - 64 bytes, r then s
   * @returns the public key, 65 bytes with a leading 4; `undefined` where no key can have made the signature.
   */
  recover(digest: Uint8Array, rs: Uint8Array, yParity: 0 | 1): Uint8Array | undefined
}

interface NativeLibrary {
  ecdsaRecover(rs: Uint8Array, recoveryId: number, digest: Uint8Array, compressed: boolean): Uint8Array
}

export const javascriptEngine: SignerRecoveryEngine = {
  name: 'javascript',
  recover(digest, rs, yParity) {
    try {
      const signature = secp256k1.Signature.fromBytes(rs, 'compact').addRecoveryBit(yParity)
      return signature.recoverPublicKey(digest).toBytes(false)
    } catch {
      return undefined
    }
  },
}

/**
 * The native engine, where it can be loaded and gives the right answer to a known question.
 *
 * @param load - for tests
 */
export function loadNativeEngine(load: () => unknown = loadNativeLibrary): SignerRecoveryEngine | undefined {
  try {
    const library = load()
    if (!isNativeLibrary(library)) return undefined
    const engine: SignerRecoveryEngine = {
      name: 'native',
      recover(digest, rs, yParity) {
        try {
          return library.ecdsaRecover(rs, yParity, digest, false)
        } catch {
          return undefined
        }
      },
    }
    return answersKnownQuestion(engine) ? engine : undefined
  } catch {
    return undefined
  }
}

let chosen: SignerRecoveryEngine | undefined

/** The fastest engine that works on this machine; found out at the first call. */
export function signerRecoveryEngine(): SignerRecoveryEngine {
  chosen ??= loadNativeEngine() ?? javascriptEngine
  return chosen
}

/** Which engine checks signatures in this process. Without the native one a watcher is slow, but right. */
export function signatureEngine(): EngineName {
  return signerRecoveryEngine().name
}

const require = createRequire(import.meta.url)

/** Not the package's main file: that falls back to slow JavaScript without a word. */
export function nativeLibraryPath(): string {
  return require.resolve('secp256k1/bindings.js')
}

function loadNativeLibrary(): unknown {
  return require(nativeLibraryPath())
}

function isNativeLibrary(value: unknown): value is NativeLibrary {
  return (
    typeof value === 'object' && value !== null && 'ecdsaRecover' in value && typeof value.ecdsaRecover === 'function'
  )
}

/** A library of another architecture or version may load and then fail. */
function answersKnownQuestion(engine: SignerRecoveryEngine): boolean {
  const digest = new Uint8Array(32).fill(7)
  const key = new Uint8Array(32).fill(1)
  const signature = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' })
  const [recoveryId] = signature
  const answer = engine.recover(digest, signature.subarray(1), recoveryId === 0 ? 0 : 1)
  return answer !== undefined && Buffer.from(secp256k1.getPublicKey(key, false)).equals(answer)
}
