import { randomBytes } from 'node:crypto'
import { type EvmClient, type EvmSigner, evmBackend, parseAddress } from '@perun-watcher/chain-evm'
import { type ChannelId, parseChannelId } from '@perun-watcher/core'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { stopwatch } from '../measure/cost.ts'
import { jsonRpcClient } from '../world/json-rpc-client.ts'
import type { BenchArguments } from './arguments.ts'

/** What is aimed at for a million channels. */
const targets = { withOverrides: 250, withoutOverrides: 750 }

/** Channels that the adjudicator knows, spread over the others. */
const registered = 20

type Figures = Readonly<Record<string, number>>

export interface SweepResult {
  readonly figures: { readonly withOverrides: Figures; readonly withoutOverrides: Figures }
  /** The same calls once more, sent one after the other by a loop that does not look at the answers. */
  readonly references: { readonly withOverrides: Figures; readonly withoutOverrides: Figures }
  readonly ratios: Figures
}

/** One `eth_call` as it was sent. */
type Sent = readonly unknown[]

const signer: EvmSigner = {
  address: parseAddress(`0x${'05'.repeat(20)}`),
  async signTransaction() {
    throw new Error('A sweep sends no transactions.')
  },
}

async function registrations(devnet: Devnet): Promise<readonly ChannelId[]> {
  const alice = await createActor(devnet, devKey(1))
  const ids: ChannelId[] = []
  for (let count = 0; count < registered; count++) {
    const channel = openChannel(devnet, { actors: [alice, alice], balances: [1n, 2n], challengeDuration: 600n })
    await devnet.confirm(alice.register(await channel.signed(channel.state(BigInt(count)))))
    ids.push(parseChannelId(channel.id))
  }
  return ids
}

/** Reads the records of all channels once. */
async function sweepOnce(
  devnet: Devnet,
  ids: readonly ChannelId[],
  takesOverrides: boolean,
): Promise<{ readonly figures: Figures; readonly sent: readonly Sent[] }> {
  const sent: Sent[] = []
  const node = jsonRpcClient(devnet.rpcUrl, { takesOverrides })
  const client: EvmClient = {
    request(method, params, options) {
      sent.push([method, ...params])
      return node.request(method, params, options)
    },
  }
  const backend = evmBackend({
    client,
    signers: [signer],
    adjudicator: devnet.contracts.adjudicator,
    chainId: BigInt(devnet.chainId),
  })
  const elapsed = stopwatch()
  let found = 0
  for (let at = 0; at < ids.length; ) {
    const reading = await backend.readRecords?.(ids.slice(at, at + 8_192))
    if (reading === undefined) throw new Error('The backend reads no records in bulk.')
    at += reading.readings.length
    found += reading.readings.filter(({ record }) => record !== undefined).length
  }
  const { seconds, cpuSeconds } = elapsed()
  await backend.close()
  if (found !== registered) throw new Error(`${found} records were found, ${registered} are there.`)
  // Without what finds out the head, which a running watcher knows.
  const calls = sent.filter(([method]) => method === 'eth_call')
  return {
    figures: { calls: calls.length, found, milliseconds: seconds * 1_000, cpuMs: cpuSeconds * 1_000 },
    sent: calls,
  }
}

async function repeat(devnet: Devnet, sent: readonly Sent[], takesOverrides: boolean): Promise<Figures> {
  const node = jsonRpcClient(devnet.rpcUrl, { takesOverrides })
  const elapsed = stopwatch()
  for (const [method, ...params] of sent) await node.request(String(method), params).catch(() => undefined)
  const { seconds, cpuSeconds } = elapsed()
  return { calls: sent.length, milliseconds: seconds * 1_000, cpuMs: cpuSeconds * 1_000 }
}

/** How many calls, and how long, it takes to read the records of all channels of a real adjudicator on a real node. */
export async function sweep({ channels }: BenchArguments['sweep'], say: (text: string) => void): Promise<SweepResult> {
  await using devnet = await startDevnet()
  say('registers channels')
  const known = await registrations(devnet)
  const ids = Array.from({ length: channels }, () => parseChannelId(`0x${randomBytes(32).toString('hex')}`))
  for (const [position, id] of known.entries()) ids[Math.floor((position * channels) / registered)] = id
  const results: { figures: Figures; reference: Figures }[] = []
  for (const takesOverrides of [true, false]) {
    say(takesOverrides ? 'sweeps with state overrides' : 'sweeps without')
    const { figures, sent } = await sweepOnce(devnet, ids, takesOverrides)
    results.push({ figures, reference: await repeat(devnet, sent, takesOverrides) })
  }
  const [withOverrides, withoutOverrides] = results
  if (withOverrides === undefined || withoutOverrides === undefined) throw new Error('Nothing was measured.')
  const ratio = (result: typeof withOverrides, name: string): number =>
    (result.figures[name] ?? Number.NaN) / (result.reference[name] ?? Number.NaN)
  const perMillion = ({ figures }: typeof withOverrides): number => ((figures['calls'] ?? 0) * 1_000_000) / channels
  return {
    figures: { withOverrides: withOverrides.figures, withoutOverrides: withoutOverrides.figures },
    references: { withOverrides: withOverrides.reference, withoutOverrides: withoutOverrides.reference },
    ratios: {
      callsOfTargetWithOverrides: perMillion(withOverrides) / targets.withOverrides,
      callsOfTargetWithoutOverrides: perMillion(withoutOverrides) / targets.withoutOverrides,
      timeToBareCallsWithOverrides: ratio(withOverrides, 'milliseconds'),
      timeToBareCallsWithoutOverrides: ratio(withoutOverrides, 'milliseconds'),
    },
  }
}
