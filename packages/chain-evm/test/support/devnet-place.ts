import type { ChainPlace, KitChannel } from '@perun-watcher/conformance/chain'
import { type ChannelId, type Hex, parseChannelId, type SignedState } from '@perun-watcher/core'
import { memoryJournal, type RegistererSubscriber } from '@perun-watcher/core/adapter'
import {
  type Actor,
  type Channel,
  createActor,
  type Devnet,
  type SignedState as DevnetState,
  devKey,
  openChannel,
  subAlloc,
} from '@perun-watcher/devnet'
import { paramsToAbi, stateToAbi } from '../../src/codec/to-abi.ts'
import { type BackendOptions, signedStateFromAbi } from '../../src/index.ts'

/** What a backend on the devnet is made of. */
export interface DevnetRequest extends BackendOptions {
  readonly rpcUrl: string
  readonly privateKey: Hex
}

const finalityDepth = 8
const nobody: Hex = '0x000000000000000000000000000000000000dead'
/** Nothing listens on the port that is for nobody. */
const nowhere = 'http://127.0.0.1:1'

/** Places on a running devnet, for the kit of chain backends. */
export function devnetPlace(
  devnet: () => Devnet,
  create: (request: DevnetRequest) => RegistererSubscriber,
): () => Promise<ChainPlace> {
  return async () => {
    const net = devnet()
    const actors = await Promise.all([1, 2].map((index) => createActor(net, devKey(index))))
    const [, mallory] = actors
    if (mallory === undefined) throw new Error('The devnet has no second account.')
    return placeOn(net, actors, mallory, create)
  }
}

function placeOn(
  devnet: Devnet,
  actors: readonly Actor[],
  mallory: Actor,
  create: (request: DevnetRequest) => RegistererSubscriber,
): ChainPlace {
  const journal = memoryJournal()
  const channels = new Map<ChannelId, Channel>()

  const request: DevnetRequest = {
    rpcUrl: devnet.rpcUrl,
    privateKey: devKey(3),
    adjudicator: devnet.contracts.adjudicator,
    chainId: BigInt(devnet.chainId),
    finalityDepth,
    pollIntervalMs: 20,
    journal: { journal: () => journal },
  }

  const abi = ({ params, state, sigs }: SignedState): DevnetState => ({
    params: paramsToAbi(params),
    state: stateToAbi(state),
    sigs,
  })

  async function open(options: Parameters<ChainPlace['channel']>[0]): Promise<KitChannel> {
    const { duration, kind = 'ledger' } = options
    const channel = openChannel(devnet, { actors, balances: [10n, 20n], challengeDuration: duration, kind })
    const id = parseChannelId(channel.id)
    channels.set(id, channel)
    if (kind === 'ledger') await devnet.confirmAll(await channel.fund())
    const first = signedStateFromAbi(await channel.signed(channel.state(0n)))
    return {
      id,
      params: first.params,
      async signed(version, { isFinal = false, locks = [] } = {}) {
        const locked = locks.flatMap((other) => channels.get(other.id) ?? []).map((other) => subAlloc(other.state(0n)))
        const balances = locked.length === 0 ? {} : { balances: [[0n, 0n]] }
        return signedStateFromAbi(await channel.signed(channel.state(version, { isFinal, locked, ...balances })))
      },
    }
  }

  return {
    finalityDepth,
    backend: () => create(request),
    mismatched: () => create({ ...request, adjudicator: nobody }),
    unreachable: () => create({ ...request, rpcUrl: nowhere, requestTimeoutMs: 1_000 }),
    channel: open,
    async register(channel, subChannels = []) {
      await devnet.confirm(mallory.register(abi(channel), subChannels.map(abi)))
    },
    async mine(blocks) {
      await devnet.anvil.mine({ blocks })
    },
    now: async () => (await devnet.client.getBlock()).timestamp,
    height: () => devnet.client.getBlockNumber(),
    async reorg(depth) {
      await devnet.anvil.reorg(depth)
    },
    async [Symbol.asyncDispose]() {},
  }
}
