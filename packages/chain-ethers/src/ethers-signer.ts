import { type EvmSigner, parseAddress } from '@perun-watcher/chain-evm'
import { parseBytes, WatcherError } from '@perun-watcher/core'
import type { BaseWallet } from 'ethers'

/** A signer that knows its address and signs by itself: `Wallet`, `HDNodeWallet`, or one of yours. */
export type EthersWallet = Pick<BaseWallet, 'address' | 'signTransaction'>

const eip1559 = 2

/** @throws WatcherError `OPTION_INVALID` for a signer that asks a node to sign. */
export function ethersSigner(wallet: EthersWallet): EvmSigner {
  // Only ethers' JsonRpcSigner has this method: the account is the node's, and few nodes sign without sending.
  if (typeof wallet.signTransaction !== 'function' || 'sendUncheckedTransaction' in wallet) {
    throw new WatcherError('OPTION_INVALID', 'wallet must be able to sign by itself, as Wallet and HDNodeWallet do.')
  }
  return {
    address: parseAddress(wallet.address),
    async signTransaction({ nonce, gas, ...rest }) {
      const signed = await wallet.signTransaction({ type: eip1559, nonce: Number(nonce), gasLimit: gas, ...rest })
      return parseBytes(signed, 'signed transaction')
    },
  }
}
