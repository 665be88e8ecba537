import { channelId } from '@perun-watcher/chain-evm/internal'
import {
  type Asset,
  type Bytes,
  type Hex,
  type Participant,
  parseBytes,
  type SignedState,
  type State,
  type SubAlloc,
} from '@perun-watcher/core'
import { addressOf, devKey } from '@perun-watcher/devnet'
import type { Addresses, Call, HolderCall, TimedCall } from '../calls/call.ts'
import { participantToAbi } from '../calls/encode-call.ts'
import { rememberingSigner, withdrawalSignature } from '../draw/signing.ts'
import type { Subject, Subjects } from '../sides/answers.ts'
import { start } from '../sides/side.ts'

/** Calls that somebody thought of, with what each is to be answered. */
export interface Case extends Subjects {
  readonly name: string
  readonly calls: readonly TimedCall[]
  /** One for each call: `ok`, or the reason of the refusal. */
  readonly reasons: readonly string[]
}

/** What somebody thought of, by its name. */
export type Stories = Readonly<Record<string, (at: Stage) => Promise<void>>>

/** A person of the stories, and the key that signs for it. */
export interface Person {
  readonly key: Hex
  readonly participant: Participant
}

export interface Opened extends Subject {
  readonly members: readonly Person[]
  readonly assets: readonly Asset[]
}

export interface OpenOptions {
  readonly members: readonly Person[]
  readonly kind?: 'ledger' | 'sub' | 'virtual'
  /** Seconds. Default: 60. */
  readonly duration?: bigint
  readonly hasApp?: boolean
  /** Default: ether, at the first asset holder. */
  readonly assets?: readonly Asset[]
}

export interface StateOptions {
  readonly locked?: readonly SubAlloc[]
  readonly isFinal?: boolean
}

/** What a story is told with. */
export interface Stage {
  readonly addresses: Addresses
  readonly alice: Person
  readonly bob: Person
  readonly hub: Person
  /** Ether at the two asset holders. */
  readonly assets: readonly [Asset, Asset]
  open(name: string, options: OpenOptions): Opened
  /** @param balances - per row, which should be per asset. */
  state(channel: Opened, version: bigint, balances: readonly (readonly bigint[])[], options?: StateOptions): State
  lock(channel: Opened, balances: readonly bigint[], indexMap?: readonly number[]): SubAlloc
  /** By all members. */
  signed(channel: Opened, state: State): Promise<SignedState>
  /** A move in the app by the first member. */
  move(channel: Opened, stateOld: State, state: State): Promise<Call>
  withdrawal(channel: Opened, person: Person, receiver: Bytes, amount: bigint): Promise<HolderCall>
  /** The next call of the story, so many seconds after its start, and what it is to be answered. */
  play(at: number, call: Call | Promise<Call>, reason: string): Promise<void>
  told(): Omit<Case, 'name'>
}

/** The stories with the contracts at these addresses. */
export function tell(stories: Stories, addresses: Addresses): Promise<readonly Case[]> {
  return Promise.all(
    Object.entries(stories).map(async ([name, story]) => {
      const at = stage(addresses)
      await story(at)
      return { name, ...at.told() }
    }),
  )
}

const noCrossChain = parseBytes(`0x${'00'.repeat(32)}`)

function person(index: number): Person {
  const key = devKey(index)
  return { key, participant: { address: parseBytes(addressOf(key)), crossChainAddress: noCrossChain } }
}

function stage(addresses: Addresses): Stage {
  const [alice, bob, hub] = [person(1), person(2), person(3)]
  const [first, second] = addresses.etherHolders
  const ether = (holder: Bytes): Asset => ({ chainId: addresses.chainId, holder, crossChainHolder: noCrossChain })
  const sign = rememberingSigner()
  const channels: Opened[] = []
  const calls: TimedCall[] = []
  const reasons: string[] = []

  return {
    addresses,
    alice,
    bob,
    hub,
    assets: [ether(first), ether(second)],
    open(name, { members, kind = 'ledger', duration = 60n, hasApp = false, assets = [ether(first)] }) {
      const params = {
        challengeDuration: duration,
        nonce: BigInt(channels.length + 1),
        participants: members.map(({ participant }) => participant),
        app: hasApp ? addresses.app : undefined,
        ledgerChannel: kind === 'ledger',
        virtualChannel: kind === 'virtual',
      }
      const opened = { name, id: channelId(params), params, members, assets }
      channels.push(opened)
      return opened
    },
    state({ id, assets }, version, balances, { locked = [], isFinal = false } = {}) {
      const outcome = { assets, backends: assets.map(() => 1n), balances, locked }
      return { channelId: id, version, outcome, appData: parseBytes('0x'), isFinal }
    },
    lock: ({ id, members }, balances, indexMap = members.map((_, index) => index)) => ({
      channelId: id,
      balances,
      indexMap,
    }),
    async signed({ params, members }, state) {
      return { params, state, sigs: await Promise.all(members.map(({ key }) => sign(key, state))) }
    },
    async move({ params, members }, stateOld, state) {
      const [mover = alice] = members
      return { name: 'progress', move: { params, stateOld, state, actorIdx: 0, sig: await sign(mover.key, state) } }
    },
    async withdrawal({ id }, { key, participant }, receiver, amount) {
      const authorization = { channelID: id, participant: participantToAbi(participant), receiver, amount }
      const signature = await withdrawalSignature(key, authorization)
      const signer = participant.address
      return { name: 'withdraw', holder: first, channelId: id, participant, receiver, amount, signature, signer }
    },
    async play(at, call, reason) {
      calls.push({ at: start + BigInt(at), call: await call })
      reasons.push(reason)
    },
    told: () => ({ channels, calls, reasons }),
  }
}

export async function register(channel: Promise<SignedState>, ...subs: readonly Promise<SignedState>[]): Promise<Call> {
  return { name: 'register', channel: await channel, subChannels: await Promise.all(subs) }
}

export async function concludeFinal(channel: Promise<SignedState>): Promise<Call> {
  return { name: 'concludeFinal', channel: await channel }
}

export function conclude({ params }: Opened, state: State, ...subStates: readonly State[]): Call {
  return { name: 'conclude', channel: { params, state }, subStates }
}

export function deposit({ id, params }: Opened, index: number, holder: Bytes, amount: bigint): Call {
  const participant = params.participants[index]
  if (participant === undefined) throw new RangeError(`The channel has no participant ${index}.`)
  return { name: 'deposit', holder, channelId: id, participant, amount, value: amount }
}
