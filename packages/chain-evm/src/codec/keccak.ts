import { keccak_256 } from '@noble/hashes/sha3.js'

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
    const { createKeccak } = await import('hash-wasm')
    const hasher = await createKeccak(256)
    const hash: Keccak = (bytes) => hasher.init().update(bytes).digest('binary')
    const question = new Uint8Array(200).fill(7)
    if (Buffer.from(keccak_256(question)).equals(hash(question))) fast = hash
  } catch {
    // Some runtimes forbid WebAssembly. The answers are the same without it.
  }
}
