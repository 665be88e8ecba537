/**
 * The caller's own viem client as the chain backend of the Perun watcher.
 *
 * @packageDocumentation
 */

export { type ViemBackendOptions, viemBackend } from './viem-backend.ts'
