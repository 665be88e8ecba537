import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import type { SignedStateInput } from '@perun-watcher/core'
import {
  type Actor,
  type Channel,
  createActor,
  type Devnet,
  devKey,
  openChannel,
  readChannelUpdates,
} from '@perun-watcher/devnet'
import { jsonRpcClient } from './json-rpc-client.ts'

/** Many channels, each of which was cheated in the same block. */
export interface MassExit {
  readonly channels: readonly MassChannel[]
  /** Registers the old states of all of them in one block. From then on blocks come by themselves. */
  cheat(secondsPerBlock: number): Promise<void>
  /** How it stands, by the chain alone. */
  outcome(): Promise<Outcome>
}

/** One channel, as its client knows it. */
export interface MassChannel {
  readonly id: string
  readonly first: SignedStateInput
  readonly newest: SignedStateInput
}

export interface Outcome {
  /** Channels whose newest state stands, put there within the window. */
  readonly refuted: number
  /** From the block of the cheat to the one of the last refutation. */
  readonly blocks: number
  /** How many were refuted in each block after the cheat. */
  readonly perBlock: readonly number[]
  /** That the refutations took. */
  readonly gas: bigint
  readonly isWindowOver: boolean
}

/** Gas of a block, as on Ethereum. */
export const gasPerBlock = 30_000_000n

/** In the block of the cheat nothing else is to be the bottleneck. */
const gasOfCheat = 1_000_000_000n

/** A registration of one channel with two participants takes less than half of it. */
const gasPerCheat = 200_000n

const versions = { first: 0n, old: 1n, newest: 5n }

const ether = 10n ** 18n

/** Of anvil, so that more than usual fits into the block of the cheat. */
export const anvilArguments = ['--gas-limit', String(gasOfCheat)]

interface Opened {
  readonly channel: Channel
  readonly massChannel: MassChannel
  cheat(): ReturnType<Actor['register']>
}

async function open(devnet: Devnet, actors: readonly [Actor, Actor], windowSeconds: number): Promise<Opened> {
  const channel = openChannel(devnet, { actors, balances: [ether, ether], challengeDuration: BigInt(windowSeconds) })
  const signed = (version: bigint): ReturnType<Channel['signed']> => channel.signed(channel.state(version))
  const old = await signed(versions.old)
  const [, cheater] = actors
  return {
    channel,
    massChannel: {
      id: channel.id,
      first: signedStateFromAbi(await signed(versions.first)),
      newest: signedStateFromAbi(await signed(versions.newest)),
    },
    cheat: () => cheater.register(old, [], { gas: gasPerCheat }),
  }
}

/** @param devnet mines by hand, and was started with {@link anvilArguments}. */
export async function massExit(
  devnet: Devnet,
  { channels, windowSeconds }: { readonly channels: number; readonly windowSeconds: number },
): Promise<MassExit> {
  const actors = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))] as const
  const opened: Opened[] = []
  for (let count = 0; count < channels; count++) opened.push(await open(devnet, actors, windowSeconds))
  const node = jsonRpcClient(devnet.rpcUrl, { takesOverrides: true })
  let cheatedIn = 0n

  return {
    channels: opened.map(({ massChannel }) => massChannel),
    async cheat(secondsPerBlock) {
      const sent = []
      for (const { cheat } of opened) sent.push(await cheat())
      await devnet.anvil.mine()
      const block = await devnet.client.getBlock()
      if (block.transactions.length !== channels) {
        throw new Error(`The block of the cheat took ${block.transactions.length} of ${channels} registrations.`)
      }
      cheatedIn = block.number
      await node.request('evm_setBlockGasLimit', [`0x${gasPerBlock.toString(16)}`])
      await devnet.anvil.setBlockTime(secondsPerBlock)
    },
    async outcome() {
      const updates = await readChannelUpdates(devnet, { fromBlock: cheatedIn })
      const timeout = updates[0]?.timeout ?? 0n
      const refutations = updates.filter(({ version }) => version === versions.newest)
      const head = await devnet.client.getBlock()
      const last = refutations.reduce(
        (newest, { blockNumber }) => (blockNumber > newest ? blockNumber : newest),
        cheatedIn,
      )
      const receipts = await Promise.all(
        [...new Set(refutations.map(({ transactionHash }) => transactionHash))].map((hash) =>
          devnet.client.getTransactionReceipt({ hash }),
        ),
      )
      return {
        refuted: new Set(refutations.map(({ channelID }) => channelID)).size,
        blocks: Number(last - cheatedIn),
        perBlock: Array.from(
          { length: Number(last - cheatedIn) },
          (_, index) => refutations.filter(({ blockNumber }) => blockNumber === cheatedIn + BigInt(index) + 1n).length,
        ),
        gas: receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
        isWindowOver: head.timestamp >= timeout,
      }
    },
  }
}
