import { channelUpdateTopic, v1 } from '@perun-watcher/chain-evm/internal'
import type { Hex } from '@perun-watcher/core'
import { type Devnet, decodeRevert } from '@perun-watcher/devnet'
import { type Answer, storedText, updateText } from './answers.ts'
import type { EncodeCall } from './encode-call.ts'
import type { Family } from './family.ts'
import type { TimedCall } from './sequence.ts'

/** Far more than any of the calls needs. */
const gas: Hex = '0x1c9c380'

/**
 * Makes calls to the contract, each at its own time, and reads all records after each. All in one request, on blocks
 * that the node makes up and forgets, so that sequences neither wait for each other nor see each other.
 */
export async function askContract(
  devnet: Devnet,
  encode: EncodeCall,
  family: Family,
  calls: readonly TimedCall[],
  start: bigint,
): Promise<readonly Answer[]> {
  const to = devnet.contracts.adjudicator
  const reads = family.channels.map(({ id }) => ({ to, data: v1.encodeDisputes(id) }))
  const blockStateCalls = blocksOf(calls).map((block) => ({
    blockOverrides: { time: hex(block.at) },
    calls: block.calls.flatMap((call) => [{ to, data: encode(call.call), gas }, ...reads]),
  }))
  const blocks = await devnet.client.request({ method: 'eth_simulateV1', params: [{ blockStateCalls }, 'latest'] })
  const results = blocks.flatMap((block) => block.calls)
  return calls.map((_, index) => {
    const [result, ...stored] = results.slice(index * (reads.length + 1), (index + 1) * (reads.length + 1))
    if (result === undefined) throw new Error('The node left a call out.')
    const logs = (result.logs ?? []).filter(({ topics }) => topics[0] === channelUpdateTopic)
    return {
      reason: result.status === '0x1' ? 'ok' : decodeRevert(result.returnData),
      updates: logs.map(({ topics, data }) => updateText(topics, data, family, start)),
      records: family.channels.map((channel, at) => storedText(channel, stored[at]?.returnData ?? '0x', start)),
    }
  })
}

/** Calls at the same time share a block: no two blocks of the node's may have the same time. */
function blocksOf(calls: readonly TimedCall[]): readonly { at: bigint; calls: TimedCall[] }[] {
  const blocks: { at: bigint; calls: TimedCall[] }[] = []
  for (const call of calls) {
    const last = blocks.at(-1)
    if (last?.at === call.at) last.calls.push(call)
    else blocks.push({ at: call.at, calls: [call] })
  }
  return blocks
}

function hex(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
