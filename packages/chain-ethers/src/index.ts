/**
 * The caller's own ethers provider and wallet as the chain backend of the Perun watcher.
 *
 * @packageDocumentation
 */

export { type EthersBackendOptions, ethersBackend } from './ethers-backend.ts'
export type { EthersWallet } from './ethers-signer.ts'
