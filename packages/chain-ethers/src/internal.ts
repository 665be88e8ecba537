/**
 * For the other packages of perun-watcher only. Anything here may change or go in any release, without notice.
 *
 * @packageDocumentation
 */

export { ethersClient } from './ethers-client.ts'
export { ethersSigner } from './ethers-signer.ts'
