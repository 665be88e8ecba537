import { type Devnet, TransactionReverted } from '@perun-watcher/devnet'
import type { Addresses } from '../calls/call.ts'
import type { EncodeCall } from '../calls/encode-call.ts'
import { callerKey } from '../calls/model-holders.ts'
import { type Answer, logText, readingsOf } from './answers.ts'
import { type Side, start } from './side.ts'

/**
 * The same as `contractSide` with transactions in mined blocks: a hundred times slower, and beyond doubt. Takes the
 * blocks back afterwards; sequences must wait for each other.
 */
export function minedSide(name: string, devnet: Devnet, encode: EncodeCall, addresses: Addresses): Side {
  return {
    name,
    async ask(family, calls) {
      const before = await devnet.anvil.snapshot()
      const readings = readingsOf(family, addresses, start)
      const answers: Answer[] = []
      for (const { at, call } of calls) {
        const sent = await devnet.send(callerKey, encode(call))
        await devnet.anvil.mine({ timestamp: at })
        const { reason, logs } = await sent.wait().then(
          (receipt) => ({ reason: 'ok', logs: receipt.logs }),
          (error: unknown) => {
            if (error instanceof TransactionReverted) return { reason: error.reason, logs: error.receipt.logs }
            throw error
          },
        )
        const records = readings.map(async ({ to, data, textOf }) =>
          textOf((await devnet.client.call({ to, data })).data ?? '0x'),
        )
        answers.push({
          reason,
          updates: logs.map((log) => logText(log, family, start)),
          records: await Promise.all(records),
        })
      }
      await devnet.anvil.revert(before)
      return answers
    },
  }
}
