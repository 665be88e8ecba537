import type { Devnet } from '../../src/devnet.ts'
import { type Sent, TransactionReverted } from '../../src/transactions.ts'

/** `ok`, or what the contract said when it refused. Mines a block if the devnet mines by hand. */
export async function outcome(devnet: Devnet, sent: Promise<Sent>): Promise<string> {
  try {
    await devnet.confirm(sent)
    return 'ok'
  } catch (error) {
    if (error instanceof TransactionReverted) return error.reason
    throw error
  }
}
