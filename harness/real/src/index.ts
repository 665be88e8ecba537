/**
 * Perun's own contracts, as perun-eth-backend binds them.
 *
 * @packageDocumentation
 */
export { devnetCode } from './devnet-code.ts'
export { type MissingBytecode, type PerunBytecode, perunBytecode } from './perun-bytecode.ts'
