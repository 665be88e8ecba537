/**
 * Perun's own contracts, as perun-eth-backend binds them.
 *
 * @packageDocumentation
 */
export { type MissingBytecode, type PerunBytecode, perunBytecode } from './perun-bytecode.ts'
