import { type EvmSigner, parseAddress } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'

/** Everybody's key: the number 1. Nothing that it signs here can cost anybody anything. */
export const nobodysKey: Hex = `0x${'00'.repeat(31)}01`

/** Less than any transaction takes, so that no block can include it. */
const tooLittleGas = 20_000n

/**
 * A well-formed transaction that every node refuses. What a node says to it tells whether transactions could be sent through it at
 * all, without sending one.
 */
export async function invalidTransaction(signer: EvmSigner, chainId: bigint): Promise<Hex> {
  return await signer.signTransaction({
    chainId,
    nonce: 0n,
    to: parseAddress(signer.address),
    value: 0n,
    data: '0x',
    gas: tooLittleGas,
    maxFeePerGas: 1n,
    maxPriorityFeePerGas: 1n,
  })
}
