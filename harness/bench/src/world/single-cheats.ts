import { signedStateFromAbi } from '@perun-watcher/chain-evm'
import type { SignedStateInput } from '@perun-watcher/core'
import { createActor, type Devnet, devKey, openChannel } from '@perun-watcher/devnet'

/** A channel, and how its old state comes to the next block. */
export interface SingleCheat {
  readonly newest: SignedStateInput
  cheat(): Promise<unknown>
}

const ether = 10n ** 18n

export async function singleCheats(devnet: Devnet, count: number): Promise<readonly SingleCheat[]> {
  const actors = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))] as const
  const [, cheater] = actors
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const channel = openChannel(devnet, { actors, balances: [ether, ether], challengeDuration: 36_000n })
      const old = await channel.signed(channel.state(1n))
      return {
        newest: signedStateFromAbi(await channel.signed(channel.state(5n))),
        cheat: () => cheater.register(old, [], { gas: 200_000n }),
      }
    }),
  )
}
