/**
 * The caller's own viem client as the chain backend of the Perun watcher.
 *
 * @packageDocumentation
 */

export { type ViemBackendOptions, viemBackend } from './viem-backend.ts'
export { viemClient } from './viem-client.ts'
export { viemSigner } from './viem-signer.ts'
