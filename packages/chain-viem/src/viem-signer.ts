import { type EvmSigner, parseAddress } from '@perun-watcher/chain-evm'
import { WatcherError } from '@perun-watcher/core'
import type { LocalAccount } from 'viem'

/** @throws WatcherError `OPTION_INVALID` for an account whose key is elsewhere. */
export function viemSigner(account: LocalAccount): EvmSigner {
  // Callers without types hand in addresses and wallet accounts, too.
  if (account.type !== 'local' || typeof account.signTransaction !== 'function') {
    throw new WatcherError(
      'OPTION_INVALID',
      'account must be a local account of viem, such as privateKeyToAccount makes.',
    )
  }
  return {
    address: parseAddress(account.address),
    signTransaction: ({ chainId, nonce, ...rest }) =>
      account.signTransaction({ type: 'eip1559', chainId: Number(chainId), nonce: Number(nonce), ...rest }),
  }
}
