import { devKey } from '@perun-watcher/devnet'
import { fromPublicKey } from 'ox/Address'
import { getPublicKey, sign } from 'ox/Secp256k1'
import { from, getSignPayload, serialize } from 'ox/TxEnvelopeEip1559'
import { type EvmSigner, parseAddress } from '../../../src/index.ts'

/** One of the accounts that anvil funds. */
export function devSigner(index: number): EvmSigner {
  const privateKey = devKey(index)
  return {
    address: parseAddress(fromPublicKey(getPublicKey({ privateKey }))),
    signTransaction: async ({ chainId, ...transaction }) => {
      const envelope = from({ ...transaction, chainId: Number(chainId), type: 'eip1559' })
      return serialize(envelope, { signature: sign({ payload: getSignPayload(envelope), privateKey }) })
    },
  }
}
