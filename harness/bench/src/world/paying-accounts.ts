import { type Devnet, devKey } from '@perun-watcher/devnet'
import { parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

/** The first one of the watcher's; those before belong to others. */
const first = 20

/** Accounts with money, for a watcher. */
export async function payingAccounts(
  devnet: Devnet,
  count: number,
): Promise<readonly ReturnType<typeof privateKeyToAccount>[]> {
  const accounts = Array.from({ length: count }, (_, index) => privateKeyToAccount(devKey(first + index)))
  for (const { address } of accounts) await devnet.anvil.setBalance(address, parseEther('100'))
  return accounts
}
