import { hasSameFunds } from '../../dispute/lock-rules.ts'
import { hasCode } from '../../errors/watcher-error.ts'
import type { ChannelId, ClientName } from '../../model/brand.ts'
import type { HeldState, SignedState } from '../../model/channel.ts'
import type { ChannelBook, ChannelUpdate, HeldChannel } from '../channels/channel-book.ts'
import type { ChannelIndex } from '../channels/channel-index.ts'
import type { StateReader } from '../channels/engine-store.ts'
import { lineOf, linesOf, type NumberedLine, ownLine } from '../channels/lines.ts'
import type { StateChecker } from '../channels/state-checker.ts'
import type { TreeRoom } from '../channels/tree-room.ts'
import type { Mailboxes } from '../notifications/mailboxes.ts'
import type { Notifier } from '../notifications/notifier.ts'
import { enrolLine } from './enrol-line.ts'
import type { FundedPlaces } from './funded-places.ts'
import { checkKinship, checkLockInParent, checkParent, checkWindow } from './start-rules.ts'
import { unknownChannel } from './unknown-channel.ts'
import type { ClientSink } from './watch-handle.ts'

export interface EnrolDeps {
  readonly index: ChannelIndex
  readonly book: ChannelBook
  readonly store: StateReader
  readonly stateChecker: StateChecker
  readonly treeRoom: Pick<TreeRoom, 'check' | 'inTurn'>
  readonly mailboxes: Pick<Mailboxes, 'connect'>
  readonly notifier: Pick<Notifier, 'clearWarnings'>
  readonly fundedPlaces: FundedPlaces
  /** Of a channel that is to be guarded, in seconds. */
  readonly shortestChallengeDuration: bigint
}

export interface Newcomer extends ClientSink {
  /** See `EngineWatchOptions`. */
  readonly acceptOlder: boolean
  /** The channel that locks the one to be watched. */
  readonly parent: ChannelId | undefined
}

/**
 * Enrols a client with a channel, which is guarded for it from then on, and connects its sink. To be called in the turn of
 * the channel and of its parent.
 *
 * @throws WatcherError of the rules for new watches, of the checks of the state, or of the store.
 */
export async function enrol(deps: EnrolDeps, channel: SignedState, newcomer: Newcomer): Promise<void> {
  const { index } = deps
  const { parent } = newcomer
  const id = channel.state.channelId
  checkParent(index, id, channel.params, newcomer)
  await deps.treeRoom.inTurn(channel, parent, () => enrolInTree(deps, channel, newcomer))
}

async function enrolInTree(deps: EnrolDeps, channel: SignedState, newcomer: Newcomer): Promise<void> {
  const { index, book } = deps
  const { parent } = newcomer
  const id = channel.state.channelId
  if (parent !== undefined) {
    await deps.treeRoom.check(channel, newcomer.client, parent)
    await checkAgainstParent(deps, channel, parent)
  }
  const held = await book.lookUp(id)
  if (held !== undefined) await enrolAgain(deps, held, channel, newcomer)
  else if (index.get(id) === undefined) await enrolFirst(deps, channel, newcomer)
  else throw unknownChannel(id)
}

async function checkAgainstParent({ store }: EnrolDeps, channel: SignedState, parent: ChannelId): Promise<void> {
  const stored = await store.load(parent)
  if (stored === undefined) return
  checkKinship(stored.params, channel.state.channelId, channel.params)
  checkLockInParent(
    linesOf(stored).map(({ newest }) => newest.state),
    channel,
  )
}

async function enrolFirst(deps: EnrolDeps, channel: SignedState, { client, sink, parent }: Newcomer): Promise<void> {
  const { params } = channel
  const id = channel.state.channelId
  checkWindow(params, deps.shortestChallengeDuration)
  // Before it takes a place: nobody is to be refused because of what will not be accepted.
  const newest = await deps.stateChecker.check(channel)
  const parents = withMember([], parent)
  const create = (): Promise<void> =>
    deps.book.create({ type: 'createChannel', id, params, parents, clients: [client], newest })
  await (params.ledgerChannel ? deps.fundedPlaces.inPlace(create) : create())
  // A channel of the same id may have been here before, and have vanished with the store's content.
  deps.notifier.clearWarnings(id)
  deps.mailboxes.connect(id, client, sink)
}

async function enrolAgain(
  deps: EnrolDeps,
  held: HeldChannel,
  channel: SignedState,
  { client, sink, parent, acceptOlder }: Newcomer,
): Promise<void> {
  const { index, book, stateChecker } = deps
  const { entry } = held
  const { id } = entry
  // The same parameters, or the id would differ.
  const checked = await stateChecker.check(channel)
  const changes = await changesFor(deps, held, checked, { client, parent, acceptOlder })
  const parents = withMember(entry.parents, parent)
  const links: ChannelUpdate = { type: 'putLinks', id, parents, clients: withMember(entry.clients, client) }
  await book.commit(held, [links, ...changes])
  book.observe(id, { unbriefed: withMember<ClientName>(index.get(id)?.unbriefed ?? [], client) })
  deps.mailboxes.connect(id, client, sink)
  // This listener has not heard the warnings that earlier ones heard.
  deps.notifier.clearWarnings(id)
}

/** What the state of a client that comes, or comes back, adds to what is held. A newer state is taken, the same one is fine. */
async function changesFor(
  deps: EnrolDeps,
  channel: HeldChannel,
  newest: HeldState,
  { client, parent, acceptOlder }: Omit<Newcomer, 'sink'>,
): Promise<readonly ChannelUpdate[]> {
  const { entry, stored } = channel
  const isReturn = entry.clients.includes(client)
  const line = isReturn ? ownLine(stored, client) : lineToJoin(deps, channel, client, { newest, parent })
  // What others sign must not refuse anybody, nor count for them: each has a line of its own.
  if (line === undefined) return [...leavingLines(channel, client), ...(await enrolLine(deps, channel, client, newest))]
  const isOwn = ownLine(stored, client).number === line.number
  if (!isOwn) await deps.treeRoom.check({ params: stored.params, ...newest }, client)
  const accepted = await deps.stateChecker
    .acceptChecked(channel, newest, isOwn ? client : undefined)
    .catch((error: unknown) => {
      if (isReturn && acceptOlder && hasCode(error, 'VERSION_STALE')) return undefined
      throw error
    })
  return [...(isOwn ? [] : joining(channel, client, line.number)), ...(accepted ?? [])]
}

function joining({ entry: { id }, stored }: HeldChannel, client: ClientName, line: number): readonly ChannelUpdate[] {
  const joined = stored.otherLines.find(({ number }) => number === line)
  return joined === undefined ? [] : [{ type: 'putLineClients', id, line, clients: withMember(joined.clients, client) }]
}

/** The line that a client who comes has, or shares; `undefined`: it gets one of its own. */
function lineToJoin(
  { index }: EnrolDeps,
  { entry: { id }, stored }: HeldChannel,
  client: ClientName,
  { newest, parent }: { readonly newest: HeldState; readonly parent: ChannelId | undefined },
): NumberedLine | undefined {
  const own = ownLine(stored, client)
  // Of a channel that nobody can lock nothing is kept that one could be charged for: the states of all are the same.
  if (parent === undefined && !index.isLockable(id)) return lineOf(stored, newest.state) ?? own
  const isCharged = index.chargesOf(id).some(({ number, payers }) => number === own.number && payers.includes(client))
  return isCharged && hasSameFunds(own.newest.state, newest.state) ? own : undefined
}

/** A client has one line of a channel: another one, from an earlier time, is that of those who stayed. */
function leavingLines({ entry: { id }, stored }: HeldChannel, client: ClientName): readonly ChannelUpdate[] {
  return stored.otherLines.flatMap(({ number, clients }) => {
    if (!clients.includes(client)) return []
    return [{ type: 'putLineClients', id, line: number, clients: clients.filter((each) => each !== client) } as const]
  })
}

function withMember<T>(items: readonly T[], item: T | undefined): readonly T[] {
  return item === undefined || items.includes(item) ? items : [...items, item]
}
