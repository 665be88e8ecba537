/**
 * The caller's own ethers provider and wallet as the chain backend of the Perun watcher.
 *
 * @packageDocumentation
 */

export { type EthersBackendOptions, ethersBackend } from './ethers-backend.ts'
export { ethersClient } from './ethers-client.ts'
export { type EthersWallet, ethersSigner } from './ethers-signer.ts'
