import { type Dispute, Phase, readDispute, type Sent, type SignedState, stateHash } from '@perun-watcher/devnet'
import { agreedOn, newestOf, rootsOf } from '../agreed.ts'
import type { Versioned } from '../demo-event.ts'
import type { Agreed, Play, Player, Staged } from '../model.ts'
import type { Stage } from '../stage.ts'

const gas = 1_500_000n

/**
 * Cheaters try to conclude with what they registered; then everything is concluded with what stands. If the watcher had
 * failed, that would be the cheaters' states.
 */
export async function conclude(stage: Stage): Promise<void> {
  await concludeWithOldStates(stage)
  const roots = stage.staged.flatMap((staged) => rootsOf(staged.play).map((root) => ({ ...staged, root })))
  const conclusions = (await Promise.all(roots.map((each) => conclusionOf(stage, each)))).filter(
    (each) => each !== undefined,
  )
  const pending = conclusions.filter(({ send }) => send !== undefined)
  const landings = await stage.clock.include(pending.flatMap(({ send }) => (send === undefined ? [] : [send()])))
  const done = conclusions.filter((each) => each.send === undefined || landings[pending.indexOf(each)]?.ok === true)
  for (const { scenario, root, by, states } of done) {
    stage.board.emit({ type: 'concluded', scenario, channel: root.label, by, states })
  }
}

async function concludeWithOldStates({ staged, clock, board }: Stage): Promise<void> {
  const cheats = staged.flatMap(({ scenario, play: { cheat } }) => (cheat === undefined ? [] : [{ scenario, cheat }]))
  const landings = await clock.include(cheats.map(({ cheat: { by, tree } }) => sendConclusion(by, tree)))
  for (const [index, { scenario, cheat }] of cheats.entries()) {
    const landing = landings[index]
    if (landing?.ok !== false) continue
    board.emit({ type: 'conclusion-refused', scenario: scenario.name, by: cheat.by.name, reason: landing.reason })
  }
}

interface Conclusion {
  readonly scenario: string
  readonly root: Agreed
  readonly by: string
  readonly states: readonly Versioned[]
  /** Absent where it is concluded already. */
  readonly send?: () => Promise<Sent>
}

/** How a ledger channel can be concluded as things stand; `undefined` if it cannot. */
async function conclusionOf(
  stage: Stage,
  { scenario, play, root }: Staged & { readonly root: Agreed },
): Promise<Conclusion | undefined> {
  const by = root.channel.actors.some(({ address }) => address === play.concludedBy.address)
    ? play.concludedBy
    : stage.cast.alice
  const record = await readDispute(stage.devnet, root.channel.id)
  const of = { scenario: scenario.name, root }
  if (record === undefined) {
    const newest = newestOf(root)
    if (!newest.state.isFinal) return undefined
    return { ...of, by: by.name, states: versionsOf(play, [newest]), send: () => by.concludeFinal(newest, { gas }) }
  }
  const tree = await standingTree(stage, play, root)
  if (tree === undefined) return undefined
  const states = versionsOf(play, tree)
  if (record.phase === Phase.concluded) return { ...of, by: concluderOf(play, tree), states }
  return { ...of, by: by.name, states, send: () => sendConclusion(by, tree) }
}

/** Who concluded before anybody honest did: the cheater with old states, or the watcher with the newest. */
function concluderOf({ cheat }: Play, tree: readonly SignedState[]): string {
  if (cheat?.tree.every((signed, index) => signed === tree[index])) return cheat.by.name
  return 'watcher'
}

/** The states that the adjudicator holds for a channel and all below it. */
async function standingTree(
  stage: Stage,
  play: Play,
  agreed: Agreed,
): Promise<readonly [SignedState, ...SignedState[]] | undefined> {
  const standing = standingState(agreed, await readDispute(stage.devnet, agreed.channel.id))
  if (standing === undefined) return undefined
  const below: SignedState[] = []
  for (const { ID } of standing.state.outcome.locked) {
    const tree = await standingTree(stage, play, agreedOn(play, ID))
    if (tree === undefined) return undefined
    below.push(...tree)
  }
  return [standing, ...below]
}

function standingState({ history }: Agreed, record: Dispute | undefined): SignedState | undefined {
  return history.find(({ state }) => stateHash(state) === record?.stateHash)
}

function sendConclusion(by: Player, [root, ...subs]: readonly [SignedState, ...SignedState[]]): Promise<Sent> {
  const subStates = subs.map(({ state }) => state)
  return by.conclude({ params: root.params, state: root.state, subStates }, { gas })
}

function versionsOf(play: Play, tree: readonly SignedState[]): readonly Versioned[] {
  return tree.map(({ state }) => ({ channel: agreedOn(play, state.channelID).label, version: state.version }))
}
