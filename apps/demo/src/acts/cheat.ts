import { readDispute, registerInput, type SendOptions, type Sent } from '@perun-watcher/devnet'
import { agreedOn, cheatedOf, newestOf, treeOf } from '../agreed.ts'
import { type Amounts, type Assets, symbolOf, totalOf } from '../assets.ts'
import { DemoError } from '../demo-error.ts'
import type { Cheat, Play } from '../model.ts'
import { outcomeOf } from '../outcome.ts'
import type { Stage } from '../stage.ts'

// Blocks are filled by what transactions might use, and all cheats go into one.
const gas = { register: 1_500_000n, disguised: 4_000_000n } as const

/** Old states of all channels are registered at the same time. */
export async function cheat({ staged, devnet, clock, board, cast }: Stage): Promise<void> {
  const cheats = staged.flatMap(({ scenario, play }) =>
    play.cheat === undefined ? [] : [{ scenario, play, cheat: play.cheat }],
  )
  const landings = await clock.include(cheats.map(({ play, cheat }) => register(play, cheat)))
  for (const [index, { scenario, play, cheat }] of cheats.entries()) {
    const landing = landings[index]
    const [main] = cheatedOf(play)
    const record = main && (await readDispute(devnet, main.channel.id))
    if (landing?.ok !== true || record === undefined) {
      const reason = landing?.ok === false ? landing.reason : 'it registered nothing older than the newest'
      throw new DemoError('DEMO_SCRIPT', `The cheat of "${scenario.name}" failed: ${reason}.`, 'Correct the scenario.')
    }
    board.emit({
      type: 'cheated',
      scenario: scenario.name,
      by: cheat.by.name,
      route: cheat.route,
      registered: cheat.tree.map(({ state }) => ({
        channel: agreedOn(play, state.channelID).label,
        version: state.version,
      })),
      newest: newestTree(play, cheat).map(({ state }) => ({
        channel: agreedOn(play, state.channelID).label,
        version: state.version,
      })),
      transactionHash: landing.hash,
      timestamp: landing.timestamp,
      timeout: record.timeout,
      gain: gainOf(play, cheat, cast.assets),
    })
  }
}

function register(play: Play, { by, route, tree }: Cheat): Promise<Sent> {
  const [root, ...subs] = tree
  const options: SendOptions = { gas: gas.register }
  switch (route) {
    case 'direct':
      return by.register(root, subs, options)
    case 'wrapper':
      return by.registerThroughRelay(root, subs, options)
    case 'disguise': {
      const [looks, ...below] = newestTree(play, { tree })
      return by.registerDisguised(registerInput(looks, below), root, subs, { gas: gas.disguised })
    }
  }
}

/** What should be registered in the place of the cheater's tree. */
function newestTree(play: Play, { tree: [root] }: Pick<Cheat, 'tree'>): Cheat['tree'] {
  return treeOf(play, newestOf(agreedOn(play, root.state.channelID)), newestOf)
}

/** What the cheater has with the old tree and would not have with the newest. */
function gainOf(play: Play, { by, tree }: Cheat, assets: Assets): Amounts {
  const [root] = tree
  const place = root.params.participants.findIndex(({ ethAddress }) => ethAddress === by.address)
  const [old, newest] = [outcomeOf(tree), outcomeOf(newestTree(play, { tree }))]
  return totalOf(
    root.state.outcome.assets.map((asset, row) => ({
      asset: symbolOf(assets, asset),
      amount: (old[row]?.[place] ?? 0n) - (newest[row]?.[place] ?? 0n),
    })),
  )
}
