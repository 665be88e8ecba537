/**
 * For the other packages of perun-watcher only. Anything here may change or go in any release, without notice.
 *
 * @packageDocumentation
 */

export { viemClient } from './viem-client.ts'
export { viemSigner } from './viem-signer.ts'
