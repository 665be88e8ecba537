import { createActor, type Devnet, devKey, etherOf, openChannel, tokenOf } from '@perun-watcher/devnet'
import { guardedOf, rootsOf } from '../agreed.ts'
import type { Board } from '../board.ts'
import type { ChainClock } from '../chain-clock.ts'
import { DemoError } from '../demo-error.ts'
import type { Cast, Player, Scenario, Staged } from '../model.ts'

/** Account 0 of the devnet deployed the contracts. */
const keys = { watcher: devKey(1), Alice: devKey(2), Mallory: devKey(3), Ingrid: devKey(4) }

/** Pays for the watcher's transactions. */
export const watcherKey: `0x${string}` = keys.watcher

export async function openCast(devnet: Devnet, challengeDuration: bigint): Promise<Cast> {
  const player = async (name: Exclude<keyof typeof keys, 'watcher'>): Promise<Player> => ({
    name,
    ...(await createActor(devnet, keys[name])),
  })
  return {
    alice: await player('Alice'),
    mallory: await player('Mallory'),
    ingrid: await player('Ingrid'),
    assets: { ETH: etherOf(devnet), PRN: tokenOf(devnet) },
    openChannel: (options) => openChannel(devnet, { ...options, challengeDuration }),
  }
}

/** Writes every scenario down and pays all deposits into the ledger channels. */
export async function openChannels(
  scenarios: readonly Scenario[],
  cast: Cast,
  { clock, board }: { readonly clock: ChainClock; readonly board: Board },
): Promise<readonly Staged[]> {
  const staged: Staged[] = []
  // One after the other: channels get their nonces in this order, so that every run has the same channel ids.
  for (const scenario of scenarios) staged.push({ scenario, play: await scenario.write(cast) })
  const deposits = await Promise.all(staged.flatMap(({ play }) => rootsOf(play)).map(({ channel }) => channel.fund()))
  const landings = await clock.include(deposits.flat().map((sent) => Promise.resolve(sent)))
  const failed = landings.find(({ ok }) => !ok)
  if (failed !== undefined) {
    throw new DemoError('DEMO_STALLED', `The deposit ${failed.hash} failed.`, 'Correct the balances of the scenario.')
  }
  for (const { scenario, play } of staged) {
    const guarded = guardedOf(play)
    const channels = play.agreed.map((agreed) => ({
      channel: agreed.label,
      id: agreed.channel.id,
      guarded: guarded.includes(agreed),
    }))
    const { name, title, story } = scenario
    board.emit({ type: 'opened', scenario: name, title, story, honest: play.cheat === undefined, channels })
  }
  return staged
}
