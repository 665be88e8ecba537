import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import type { SignedStateInput } from '@perun-watcher/core'
import {
  type Actor,
  type Channel,
  createActor,
  type Devnet,
  type DevnetOptions,
  devKey,
  openChannel,
  readDispute,
  type SignedState,
  startDevnet,
} from '@perun-watcher/devnet'
import type { Hex } from 'viem'
import { until } from './until.ts'

/** The account that pays for refutations. */
export const watcherAccount = devKey(3)

/** Seconds of chain time: no slow machine closes a window. */
const usualDuration = 100_000n

const ether = 10n ** 18n

/** A channel of an honest party and a cheat. */
export interface TestChannel {
  readonly id: Hex
  /** A state that both have signed, as clients hand it over. */
  state(version: bigint, appData?: Hex): Promise<SignedStateInput>
  /** The cheat registers an old state; resolves once the chain has it. */
  cheat(version: bigint): Promise<void>
  /** The version that the chain would pay out. */
  registered(): Promise<bigint | undefined>
  /**
   * Resolves when this version stands on the chain, or a newer one: a first answer has the newest state that was published
   * before it; those published later may wait until half of the window is over.
   */
  defended(version: bigint): Promise<void>
}

/** A chain with people on it. */
export interface TestChain extends AsyncDisposable {
  readonly devnet: Devnet
  /** @param challengeDuration in seconds; by default a day and more. */
  openChannel(challengeDuration?: bigint): TestChannel
  /** No more blocks but those that a cheat needs, until `resume`. */
  pause(): Promise<void>
  resume(): Promise<void>
}

const secondsPerBlock = 1

/** How many accounts are rich from the start, and what runs on the chain. */
export type TestChainOptions = Pick<DevnetOptions, 'accounts' | 'code'>

/** A chain of its own, with a block every second. */
export async function startTestChain(options: TestChainOptions = {}): Promise<TestChain> {
  const devnet = await startDevnet({ ...options, blockTime: secondsPerBlock })
  try {
    const honest = await createActor(devnet, devKey(1))
    const cheater = await createActor(devnet, devKey(2))
    return {
      devnet,
      openChannel: (challengeDuration = usualDuration) => testChannel(devnet, [honest, cheater], challengeDuration),
      async pause() {
        // Out of the interval mode, which anvil leaves in no other way.
        await devnet.anvil.setAutomine(true)
        await devnet.anvil.setAutomine(false)
      },
      resume: () => devnet.anvil.setBlockTime(secondsPerBlock),
      [Symbol.asyncDispose]: devnet.stop,
    }
  } catch (error) {
    await devnet.stop()
    throw error
  }
}

function testChannel(
  devnet: Devnet,
  [honest, cheater]: readonly [Actor, Actor],
  challengeDuration: bigint,
): TestChannel {
  const channel = openChannel(devnet, { actors: [honest, cheater], balances: [ether, ether], challengeDuration })
  const registered = async (): Promise<bigint | undefined> => (await readDispute(devnet, channel.id))?.version
  return {
    id: channel.id,
    state: async (version, appData) => signedStateFromAbi(await signed(channel, version, appData)),
    async cheat(version) {
      await devnet.confirm(cheater.register(await signed(channel, version)))
    },
    registered,
    async defended(version) {
      await until(`version ${version} of ${channel.id} on the chain`, async () =>
        ((await registered()) ?? -1n) >= version ? true : undefined,
      )
    },
  }
}

/** With each version a little goes from the cheat to the honest party. */
function signed(channel: Channel, version: bigint, appData: Hex = '0x'): Promise<SignedState> {
  return channel.signed(channel.state(version, { balances: [ether + version, ether - version], appData }))
}
