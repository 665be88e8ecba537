import type { Hex } from '@perun-watcher/core'
import { type Devnet, decodeRevert } from '@perun-watcher/devnet'
import type { Addresses, TimedCall } from '../calls/call.ts'
import type { EncodeCall } from '../calls/encode-call.ts'
import { caller } from '../calls/model-holders.ts'
import { logText, readingsOf } from './answers.ts'
import { type Side, start } from './side.ts'

/** Far more than any of the calls needs. */
const gas: Hex = '0x1c9c380'

/**
 * Makes calls to the contracts of a devnet, each at its own time, and reads all that is compared after each. All in one
 * request, on blocks that the node makes up and forgets, so that sequences neither wait for each other nor see each other.
 */
export function contractSide(name: string, devnet: Devnet, encode: EncodeCall, addresses: Addresses): Side {
  return {
    name,
    async ask(family, calls) {
      const readings = readingsOf(family, addresses, start)
      const reads = readings.map(({ to, data }) => ({ to, data }))
      const blockStateCalls = blocksOf(calls).map((block) => ({
        blockOverrides: { time: hex(block.at) },
        calls: block.calls.flatMap(({ call }) => {
          const { to, data, value } = encode(call)
          return [{ from: caller, to, data, value: hex(value), gas }, ...reads]
        }),
      }))
      const blocks = await devnet.client.request({ method: 'eth_simulateV1', params: [{ blockStateCalls }, 'latest'] })
      const results = blocks.flatMap((block) => block.calls)
      return calls.map((_, index) => {
        const [result, ...read] = results.slice(index * (reads.length + 1), (index + 1) * (reads.length + 1))
        if (result === undefined) throw new Error('The node left a call out.')
        return {
          reason: result.status === '0x1' ? 'ok' : decodeRevert(result.returnData),
          updates: (result.logs ?? []).map((log) => logText(log, family, start)),
          records: readings.map(({ textOf }, at) => textOf(read[at]?.returnData ?? '0x')),
        }
      })
    },
  }
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
