import { addressOf, devKey, readHoldings, readSettled } from '@perun-watcher/devnet'
import type { Address } from 'viem'
import { newestOf, rootsOf, treeOf } from '../agreed.ts'
import type { Paid } from '../demo-event.ts'
import type { Agreed, Play, Player } from '../model.ts'
import { outcomeOf } from '../outcome.ts'
import type { Stage } from '../stage.ts'

const gas = 300_000n

/** Keys from here on have never been used: what lies at their addresses is what was paid out, to the wei. */
const firstReceiver = 1_000

interface Claim {
  readonly scenario: string
  readonly root: Agreed
  readonly player: Player
  readonly receiver: Address
  /** By the newest states. */
  readonly expected: bigint
}

/** Everybody withdraws what the asset holder keeps for them, to an address of its own per channel and participant. */
export async function pay(stage: Stage): Promise<readonly Paid[]> {
  const { devnet, clock, board } = stage
  const claims = claimsOf(stage)
  const holdings = await Promise.all(claims.map((claim) => withdrawable(stage, claim)))
  const withdrawals = claims.flatMap(({ root, player, receiver }, index) => {
    const amount = holdings[index] ?? 0n
    return amount === 0n ? [] : [player.withdraw({ channelId: root.channel.id, receiver, amount }, { gas })]
  })
  await clock.include(withdrawals)
  return Promise.all(
    claims.map(async ({ scenario, root, player, receiver, expected }) => {
      const [amount, kept] = await Promise.all([
        devnet.client.getBalance({ address: receiver }),
        readHoldings(devnet, root.channel.id, player.address),
      ])
      const channel = root.label
      const paid: Paid = { type: 'paid', scenario, channel, participant: player.name, receiver, amount, expected, kept }
      board.emit(paid)
      return paid
    }),
  )
}

function claimsOf({ staged, cast }: Stage): readonly Claim[] {
  const players = [cast.alice, cast.mallory, cast.ingrid]
  const owners = staged.flatMap(({ scenario, play }) =>
    rootsOf(play).flatMap((root) =>
      shares(play, root, players).map((share) => ({ scenario: scenario.name, ...share })),
    ),
  )
  return owners.map((owner, index) => ({ ...owner, receiver: addressOf(devKey(firstReceiver + index)) }))
}

/** What each participant of a ledger channel owns by the newest states. */
function shares(
  play: Play,
  root: Agreed,
  players: readonly Player[],
): readonly Pick<Claim, 'root' | 'player' | 'expected'>[] {
  const amounts = outcomeOf(treeOf(play, newestOf(root), newestOf))
  return root.channel.actors.flatMap(({ address }, index) => {
    const player = players.find((each) => each.address === address)
    return player === undefined ? [] : [{ root, player, expected: amounts[index] ?? 0n }]
  })
}

async function withdrawable({ devnet }: Stage, { root, player }: Claim): Promise<bigint> {
  if (!(await readSettled(devnet, root.channel.id))) return 0n
  return readHoldings(devnet, root.channel.id, player.address)
}
