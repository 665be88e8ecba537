import type { Actor, SignedState } from '@perun-watcher/devnet'
import { type Hex, parseEther } from 'viem'
import { DemoError } from './demo-error.ts'
import type { Agreed, Play, Telling } from './model.ts'

/** Balances in whole or broken ETH, as wei. */
export function eth(...amounts: readonly number[]): readonly bigint[] {
  return amounts.map((amount) => parseEther(String(amount)))
}

/** Balances in whole or broken tokens, which have as many decimals. */
export function prn(...amounts: readonly number[]): readonly bigint[] {
  return eth(...amounts)
}

/** @throws DemoError `DEMO_SCRIPT` if nobody signed such a version. */
export function stateAt({ label, history }: Agreed, version: bigint): SignedState {
  const signed = history.find(({ state }) => state.version === version)
  if (signed !== undefined) return signed
  throw scriptError(`Nobody signed version ${version} of the channel "${label}".`)
}

export function newestOf({ label, history }: Agreed): SignedState {
  const newest = history.at(-1)
  if (newest !== undefined) return newest
  throw scriptError(`The channel "${label}" has no states.`)
}

/** The channel with an id, @throws DemoError `DEMO_SCRIPT` if the play has none. */
export function agreedOn({ agreed }: Play, id: Hex): Agreed {
  const found = agreed.find(({ channel }) => channel.id === id)
  if (found !== undefined) return found
  throw scriptError(`No channel of the play has the id ${id}.`)
}

/** A state and those of all that it locks, depth first, each as `choose` says. */
export function treeOf(
  play: Play,
  root: SignedState,
  choose: (agreed: Agreed) => SignedState,
): readonly [SignedState, ...SignedState[]] {
  const below = root.state.outcome.locked.flatMap(({ ID }) => treeOf(play, choose(agreedOn(play, ID)), choose))
  return [root, ...below]
}

/** The ledger channels of a play. */
export function rootsOf({ agreed }: Play): readonly Agreed[] {
  return agreed.filter(({ channel }) => channel.params.ledgerChannel)
}

/** The channels that the watcher is to guard. */
export function guardedOf({ told }: Play): readonly Agreed[] {
  return told.filter(({ type }) => type === 'watch').map(({ agreed }) => agreed)
}

/** The guarded channels for which a cheat registers something older than the newest. */
export function cheatedOf(play: Play): readonly Agreed[] {
  const guarded = new Set(guardedOf(play).map(({ channel }) => channel.id))
  return (play.cheat?.tree ?? [])
    .filter(({ state }) => guarded.has(state.channelID))
    .map(({ state }) => ({ agreed: agreedOn(play, state.channelID), version: state.version }))
    .filter(({ agreed, version }) => version < newestOf(agreed).state.version)
    .map(({ agreed }) => agreed)
}

export function watch(agreed: Agreed, parent?: Agreed): Telling {
  return { type: 'watch', agreed, version: 0n, ...(parent === undefined ? {} : { parent }) }
}

export function publish(agreed: Agreed, ...versions: readonly bigint[]): readonly Telling[] {
  return versions.map((version) => ({ type: 'publish', agreed, version }))
}

/** A participant of a channel by its place. */
export function participant({ label, channel }: Agreed, index: number): Actor {
  const actor = channel.actors[index]
  if (actor !== undefined) return actor
  throw scriptError(`The channel "${label}" has no participant ${index}.`)
}

function scriptError(cause: string): DemoError {
  return new DemoError('DEMO_SCRIPT', cause, 'Correct the scenario in src/demo/scenarios.')
}
