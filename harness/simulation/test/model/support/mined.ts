import { v1 } from '@perun-watcher/chain-evm/internal'
import { type Devnet, devKey, TransactionReverted } from '@perun-watcher/devnet'
import { type Answer, storedText, updateText } from './answers.ts'
import type { EncodeCall } from './encode-call.ts'
import type { Family } from './family.ts'
import type { TimedCall } from './sequence.ts'

/**
 * The same as `askContract` with transactions in mined blocks: a hundred times slower, and beyond doubt. Takes the
 * blocks back afterwards.
 */
export async function askMined(
  devnet: Devnet,
  encode: EncodeCall,
  family: Family,
  calls: readonly TimedCall[],
  start: bigint,
): Promise<readonly Answer[]> {
  const before = await devnet.anvil.snapshot()
  const answers: Answer[] = []
  for (const { at, call } of calls) {
    const sent = await devnet.send(devKey(1), { to: devnet.contracts.adjudicator, data: encode(call) })
    await devnet.anvil.mine({ timestamp: at })
    const { reason, logs } = await sent.wait().then(
      (receipt) => ({ reason: 'ok', logs: receipt.logs }),
      (error: unknown) => {
        if (error instanceof TransactionReverted) return { reason: error.reason, logs: error.receipt.logs }
        throw error
      },
    )
    const updates = logs.filter(({ address }) => address === devnet.contracts.adjudicator.toLowerCase())
    answers.push({
      reason,
      updates: updates.map(({ topics, data }) => updateText(topics, data, family, start)),
      records: await Promise.all(
        family.channels.map(async (channel) => {
          const stored = await devnet.client.call({
            to: devnet.contracts.adjudicator,
            data: v1.encodeDisputes(channel.id),
          })
          return storedText(channel, stored.data ?? '0x', start)
        }),
      ),
    })
  }
  await devnet.anvil.revert(before)
  return answers
}
