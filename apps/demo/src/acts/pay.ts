import { addressOf, devKey, readHoldings, readSettled, readTokens } from '@perun-watcher/devnet'
import type { Address } from 'viem'
import { newestOf, rootsOf, treeOf } from '../agreed.ts'
import { type AssetSymbol, symbolOf } from '../assets.ts'
import type { Paid } from '../demo-event.ts'
import type { Agreed, Cast, Play, Player } from '../model.ts'
import { outcomeOf } from '../outcome.ts'
import type { Stage } from '../stage.ts'

const gas = 300_000n

/** Keys from here on have never been used: what lies at their addresses is what was paid out, to the wei. */
const firstReceiver = 1_000

interface Claim {
  readonly scenario: string
  readonly root: Agreed
  readonly player: Player
  readonly asset: AssetSymbol
  readonly receiver: Address
  /** By the newest states, in wei of the asset. */
  readonly expected: bigint
}

/** Everybody withdraws what is kept for them, to an address of its own per channel, participant and asset. */
export async function pay(stage: Stage): Promise<readonly Paid[]> {
  const { devnet, clock, board } = stage
  const { assets } = stage.cast
  const claims = claimsOf(stage)
  const holdings = await Promise.all(claims.map((claim) => withdrawable(stage, claim)))
  const withdrawals = claims.flatMap(({ root, player, asset, receiver }, index) => {
    const amount = holdings[index] ?? 0n
    const leave = { channelId: root.channel.id, asset: assets[asset], receiver, amount }
    return amount === 0n ? [] : [player.withdraw(leave, { gas })]
  })
  await clock.include(withdrawals)
  const payouts = await Promise.all(
    claims.map(async ({ root, player, ...claim }) => {
      const [amount, kept] = await Promise.all([
        balanceOf(stage, claim),
        readHoldings(devnet, root.channel.id, player.address, assets[claim.asset]),
      ])
      const paid: Paid = { type: 'paid', channel: root.label, participant: player.name, ...claim, amount, kept }
      return paid
    }),
  )
  for (const paid of payouts) board.emit(paid)
  return payouts
}

function claimsOf({ staged, cast }: Stage): readonly Claim[] {
  const owners = staged.flatMap(({ scenario, play }) =>
    rootsOf(play).flatMap((root) => shares(play, root, cast).map((share) => ({ scenario: scenario.name, ...share }))),
  )
  return owners.map((owner, index) => ({ ...owner, receiver: addressOf(devKey(firstReceiver + index)) }))
}

/** What each participant of a ledger channel owns by the newest states. */
function shares(
  play: Play,
  root: Agreed,
  { alice, mallory, ingrid, assets }: Cast,
): readonly Omit<Claim, 'scenario' | 'receiver'>[] {
  const newest = newestOf(root)
  const amounts = outcomeOf(treeOf(play, newest, newestOf))
  return root.channel.actors.flatMap(({ address }, place) => {
    const player = [alice, mallory, ingrid].find((each) => each.address === address)
    if (player === undefined) return []
    return newest.state.outcome.assets.map((asset, row) => ({
      root,
      player,
      asset: symbolOf(assets, asset),
      expected: amounts[row]?.[place] ?? 0n,
    }))
  })
}

async function withdrawable({ devnet, cast }: Stage, { root, player, asset }: Claim): Promise<bigint> {
  const { id } = root.channel
  if (!(await readSettled(devnet, id, cast.assets[asset]))) return 0n
  return readHoldings(devnet, id, player.address, cast.assets[asset])
}

/** What an account owns, by the chain or by the token. */
function balanceOf({ devnet }: Stage, { asset, receiver }: Pick<Claim, 'asset' | 'receiver'>): Promise<bigint> {
  switch (asset) {
    case 'ETH':
      return devnet.client.getBalance({ address: receiver })
    case 'PRN':
      return readTokens(devnet, receiver)
  }
}
