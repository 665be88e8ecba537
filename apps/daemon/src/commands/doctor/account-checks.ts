import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { parseQuantity, usualGas } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions } from '@perun-watcher/core'
import { formatEther } from '../../terminal/amounts.ts'
import { type Finding, fail, failedBy, ok, warn } from './finding.ts'

export interface AccountSubject {
  readonly client: EvmClient
  readonly account: Address
  /** The fee cap, in wei per gas. */
  readonly feeCapWei: bigint
  /** Whether a running daemon uses the account. */
  readonly isInUse: boolean
}

/** What was found of one account. */
export interface AccountReport {
  readonly findings: readonly Finding[]
  /** Whether it can pay for one refutation at least. */
  readonly canPay: boolean
}

/** How many refutations the balance should pay for at the fee cap. */
const comfortable = 10n

/** Whether the account can pay for refutations, and whether its nonces are in order. */
export async function checkAccount(subject: AccountSubject, options: AbortOptions): Promise<AccountReport> {
  const { client, account } = subject
  const ask = async (method: string, block: string): Promise<bigint> =>
    parseQuantity(await client.request(method, [account, block], options), method)
  try {
    const balance = await ask('eth_getBalance', 'latest')
    const [mined, known] = await Promise.all([
      ask('eth_getTransactionCount', 'latest'),
      ask('eth_getTransactionCount', 'pending'),
    ])
    const findings = [judgeBalance(subject, balance), judgeNonces(subject, mined, known)]
    return { findings, canPay: balance >= costOf(subject) }
  } catch (error) {
    options.signal?.throwIfAborted()
    return { findings: [failedBy(`account.balance ${account}`, error)], canPay: false }
  }
}

const costOf = ({ feeCapWei }: AccountSubject): bigint => usualGas * feeCapWei

function judgeBalance(subject: AccountSubject, balance: bigint): Finding {
  const { account } = subject
  const check = `account.balance ${account}`
  const cost = costOf(subject)
  const found = `${formatEther(balance)} ETH; a refutation costs up to ${formatEther(cost)} ETH at the fee cap.`
  const remedy = `Send ${formatEther(comfortable * cost - balance)} ETH to ${account}, or lower the fee cap.`
  if (balance < cost) return fail(check, found, remedy)
  return balance < comfortable * cost ? warn(check, found, remedy) : ok(check, found)
}

function judgeNonces({ account, isInUse }: AccountSubject, mined: bigint, known: bigint): Finding {
  const check = `account.nonces ${account}`
  if (known <= mined) return ok(check, `${mined} transactions, none pending.`)
  const found = `${known - mined} transactions are pending.`
  if (isInUse) return ok(check, `${found} The running daemon takes care of them.`)
  return warn(check, found, 'The watcher resumes them when it starts. Do not send from this account by other means.')
}
