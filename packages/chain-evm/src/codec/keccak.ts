import { keccak_256 } from '@noble/hashes/sha3.js'
import * as Hash from 'ox/wasm/Hash'

type Keccak = (bytes: Uint8Array) => Uint8Array

/**
 * WebAssembly hashes ten times as fast as JavaScript, and hashing would otherwise cost as much as checking signatures.
 * It can only be loaded asynchronously, so the first hashes of a process are JavaScript's.
 */
let fast: Keccak | undefined
let loading: Promise<void> | undefined

export function keccak256(bytes: Uint8Array): Uint8Array {
  loading ??= load()
  return fast === undefined ? keccak_256(bytes) : fast(bytes)
}

/** Resolves once the fast implementation is in use, or is known not to work here; for tests and benchmarks. */
export function keccakLoaded(): Promise<void> {
  loading ??= load()
  return loading
}

async function load(): Promise<void> {
  try {
    const engine = await Hash.engine()
    const question = new Uint8Array(200).fill(7)
    if (Buffer.from(keccak_256(question)).equals(engine.keccak256(question))) fast = withFallback(engine.keccak256)
  } catch {
    // Some runtimes forbid WebAssembly. The answers are the same without it.
  }
}

/** An input for which the machine has no more memory in one piece is left to JavaScript. */
function withFallback(hash: Keccak): Keccak {
  return (bytes) => {
    try {
      return hash(bytes)
    } catch {
      return keccak_256(bytes)
    }
  }
}
