import { setTimeout as delay } from 'node:timers/promises'
import { viemBackend } from '@perun-watcher/chain-viem'
import { parseClientName, watcherEngine } from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { temporaryFolder } from '@perun-watcher/harness-kit/temporary-folder'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { createPublicClient, custom, keccak256 } from 'viem'
import { stopwatch } from '../measure/cost.ts'
import { jsonRpcClient } from '../world/json-rpc-client.ts'
import { anvilArguments, gasPerBlock, type MassExit, massExit } from '../world/mass-exit.ts'
import { payingAccounts } from '../world/paying-accounts.ts'
import type { BenchArguments, MassScenario } from './arguments.ts'

/** How the watcher is equipped, and how fast the chain is. */
const scenarios = {
  oneAccount: { accounts: 1, secondsPerBlock: 1 },
  eightAccounts: { accounts: 8, secondsPerBlock: 1 },
  eightAccountsSlowBlocks: { accounts: 8, secondsPerBlock: 12 },
} as const satisfies Record<MassScenario, unknown>

/** Of every channel. */
const windowSeconds = 300

interface MassFigures {
  readonly channels: number
  readonly lost: number
  /** From the block of the cheat to that of the last refutation. */
  readonly blocks: number
  /** Fewest blocks that have room for the gas of all refutations. */
  readonly bestBlocks: number
  readonly gas: number
  readonly rpcCalls: number
  /** The most frequent first. */
  readonly callsByMethod: Readonly<Record<string, number>>
  /** In each block after the cheat. */
  readonly refutedPerBlock: readonly number[]
  /** Transactions that were signed and never mined: others took their places. */
  readonly replacements: number
  readonly seconds: number
  /** Of this process, which holds the watcher. */
  readonly cpuSeconds: number
}

export interface MassResult {
  /** Of all scenarios together. */
  readonly channels: number
  readonly lost: number
  readonly figures: Readonly<Partial<Record<MassScenario, MassFigures>>>
  /** Blocks that it took, of the best possible. */
  readonly ratios: Readonly<Partial<Record<MassScenario, number>>>
}

interface Traffic {
  /** Since the cheat. */
  readonly calls: Map<string, number>
  /** Hashes of what was handed to the node. */
  readonly sent: Set<string>
}

/** A client of viem that counts. */
function countingClient(devnet: Devnet, traffic: Traffic): Parameters<typeof viemBackend>[0]['client'] {
  const node = jsonRpcClient(devnet.rpcUrl, { takesOverrides: true })
  return createPublicClient({
    chain: devnet.client.chain,
    transport: custom({
      async request({ method, params }: { readonly method: string; readonly params?: readonly unknown[] }) {
        traffic.calls.set(method, (traffic.calls.get(method) ?? 0) + 1)
        const [raw] = params ?? []
        if (method === 'eth_sendRawTransaction') traffic.sent.add(keccak256(String(raw) as `0x${string}`))
        return await node.request(method, params ?? [])
      },
    }),
  })
}

/** Waits until all are refuted, or the window is over. */
async function settled(exit: MassExit, channels: number, refuted: () => number): ReturnType<MassExit['outcome']> {
  for (let looks = 0; ; looks++) {
    await delay(250)
    // The chain is asked rarely: reading it all takes time from the watcher.
    if (refuted() < channels && looks % 40 !== 39) continue
    const outcome = await exit.outcome()
    if (outcome.refuted === channels || outcome.isWindowOver) return outcome
  }
}

async function play(
  { accounts, secondsPerBlock }: (typeof scenarios)[MassScenario],
  { channels, clients }: BenchArguments['mass'],
  say: (text: string) => void,
): Promise<MassFigures> {
  await using devnet = await startDevnet({ automine: false, secondsPerBlock, args: anvilArguments })
  say(`signs the states of ${channels} channels`)
  const exit = await massExit(devnet, { channels, windowSeconds })
  using place = temporaryFolder('bench-mass')
  const store = lmdbStore({ path: place.path })
  const traffic: Traffic = { calls: new Map(), sent: new Set() }
  const chain = viemBackend({
    client: countingClient(devnet, traffic),
    account: await payingAccounts(devnet, accounts),
    adjudicator: devnet.contracts.adjudicator,
    journal: store,
    pollIntervalMs: Math.min(1_000, secondsPerBlock * 250),
  })
  await using engine = watcherEngine({ chain, store, clock: systemClock, random: systemRandom })
  await engine.start()
  let refuted = 0
  const sink = {
    push: ({ type }: { readonly type: string }) => {
      if (type === 'refuted') refuted += 1
    },
    end() {},
  }
  for (const [index, { first, newest }] of exit.channels.entries()) {
    const client = parseClientName(`client-${index % clients}`)
    const watch = await engine.startWatching(first, sink, { client })
    await watch.publish(newest)
  }
  say('cheats')
  traffic.calls.clear()
  const elapsed = stopwatch()
  await exit.cheat(secondsPerBlock)
  const outcome = await settled(exit, channels, () => refuted)
  const { seconds, cpuSeconds } = elapsed()
  const mined = await minedOf(devnet, accounts)
  return {
    channels,
    lost: channels - outcome.refuted,
    blocks: outcome.blocks,
    bestBlocks: Number((outcome.gas + gasPerBlock - 1n) / gasPerBlock),
    gas: Number(outcome.gas),
    rpcCalls: [...traffic.calls.values()].reduce((sum, each) => sum + each, 0),
    callsByMethod: Object.fromEntries([...traffic.calls].toSorted(([, a], [, b]) => b - a)),
    refutedPerBlock: outcome.perBlock,
    replacements: traffic.sent.size - mined,
    seconds,
    cpuSeconds,
  }
}

async function minedOf(devnet: Devnet, accounts: number): Promise<number> {
  let mined = 0
  for (const { address } of await payingAccounts(devnet, accounts)) {
    mined += await devnet.client.getTransactionCount({ address })
  }
  return mined
}

/** How long a watcher takes to refute, all at once, the cheats on many channels of many clients. */
export async function mass(options: BenchArguments['mass'], say: (text: string) => void): Promise<MassResult> {
  const figures: Partial<Record<MassScenario, MassFigures>> = {}
  const ratios: Partial<Record<MassScenario, number>> = {}
  let [channels, lost] = [0, 0]
  for (const name of options.scenarios) {
    const { accounts, secondsPerBlock } = scenarios[name]
    say(`${accounts === 1 ? 'one account' : `${accounts} accounts`}, a block every ${secondsPerBlock} s`)
    const figure = await play(scenarios[name], options, say)
    figures[name] = figure
    ratios[name] = figure.blocks / figure.bestBlocks
    channels += figure.channels
    lost += figure.lost
    say(`${figure.lost} lost; ${figure.blocks} blocks, at best ${figure.bestBlocks}`)
  }
  return { channels, lost, figures, ratios }
}
