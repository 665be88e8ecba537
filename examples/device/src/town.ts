import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import { type Channel, createActor, type Devnet, devKey, openChannel, readDispute } from '@perun-watcher/devnet'
import type { Hex } from 'viem'
import type { DeviceFile } from './device-file.ts'

/** The account that pays for refutations. */
export const watcherAccount = devKey(3)

/** Blocks come once a second. */
const challengeDuration = 120n

/** The channel of the device and Mallory: five payments, the last ones in favour of the device. */
export interface Town {
  readonly states: DeviceFile['states']
  readonly channelId: Hex
  readonly newest: bigint
  /** Mallory registers the state in which she still owned most. */
  cheat(): Promise<bigint>
  /** The version that the chain would pay out. */
  registered(): Promise<bigint | undefined>
}

const ether = 10n ** 18n

export async function buildTown(devnet: Devnet): Promise<Town> {
  const alice = await createActor(devnet, devKey(1))
  const mallory = await createActor(devnet, devKey(2))
  const channel = openChannel(devnet, { actors: [alice, mallory], balances: [ether, 5n * ether], challengeDuration })
  await devnet.confirmAll(await channel.fund())
  const signed = await Promise.all([0n, 1n, 2n, 3n, 4n, 5n].map((version) => channel.signed(paidAt(channel, version))))
  return {
    states: signed.map(signedStateFromAbi),
    channelId: channel.id,
    newest: 5n,
    async cheat() {
      const version = 1n
      await devnet.confirm(mallory.register(await channel.signed(paidAt(channel, version))))
      return version
    },
    registered: async () => (await readDispute(devnet, channel.id))?.version,
  }
}

/** With each version Mallory pays the device another ether. */
function paidAt(channel: Channel, version: bigint) {
  return channel.state(version, { balances: [(1n + version) * ether, (5n - version) * ether] })
}
