import {
  type Actor,
  type Channel,
  type Devnet,
  lock,
  openChannel,
  type SignedState,
  type State,
} from '@perun-watcher/devnet'
import type { Cheat, FamilyScript, Member, Payment } from './family-script.ts'

/** Seconds of chain time: no slow machine closes a window, and nobody has to wait for it, as time is made to jump. */
export const challengeDuration = 100_000n

/** Wei. */
const stakes = { root: 1_000_000n, sub: 200_000n } as const

export interface Parties {
  readonly devnet: Devnet
  /** Publishes and concludes. */
  readonly honest: Actor
  /** Registers old states. */
  readonly cheater: Actor
}

/** The states that both parties have signed, oldest first; version and place are the same. */
export interface FamilyStates {
  readonly root: Channel
  readonly sub: Channel | undefined
  channelOf(member: Member): Channel
  /** @throws Error where the family has no such channel, or nothing was signed. */
  newest(member: Member): SignedState
  /** Both sign a payment. */
  pay(payment: Payment): Promise<SignedState>
  /** Both sign that funds of the root go to the sub-channel. */
  lockSub(): Promise<SignedState>
  /** Both sign the newest root state once more, as the last one. */
  finish(): Promise<SignedState>
  /** The newest states of the whole family, as the contract wants them. */
  newestTree(): readonly [SignedState, ...SignedState[]]
  oldTree(cheat: Cheat): readonly [SignedState, ...SignedState[]]
}

export async function familyStates(
  { devnet, honest, cheater }: Parties,
  { number, hasSub }: FamilyScript,
): Promise<FamilyStates> {
  const common = { actors: [honest, cheater], challengeDuration }
  // Nonces follow from the family's number, so that another run has the same channels.
  const nonce = BigInt(number) * 2n
  const root = openChannel(devnet, { ...common, nonce: nonce + 1n, balances: halves(stakes.root) })
  const sub = hasSub
    ? openChannel(devnet, { ...common, nonce: nonce + 2n, balances: halves(stakes.sub), kind: 'sub' })
    : undefined
  const histories: Record<Member, SignedState[]> = {
    root: [await root.signed(root.state(0n))],
    sub: sub === undefined ? [] : [await sub.signed(sub.state(0n))],
  }

  function channelOf(member: Member): Channel {
    const channel = member === 'root' ? root : sub
    if (channel === undefined) throw new Error(`Family ${number} has no sub-channel.`)
    return channel
  }

  function newest(member: Member): SignedState {
    return at(member, 1)
  }

  /** @param age as in `Cheat` */
  function at(member: Member, age: number): SignedState {
    const history = histories[member]
    const last = history.length - 1
    const signed = history[Math.min(last, Math.floor(age * last))]
    if (signed === undefined) throw new Error(`Nothing was signed for the ${member} of family ${number}.`)
    return signed
  }

  async function sign(member: Member, state: State): Promise<SignedState> {
    const signed = await channelOf(member).signed(state)
    histories[member].push(signed)
    return signed
  }

  const treeOf = (signed: SignedState, subAge: number): readonly [SignedState, ...SignedState[]] =>
    signed.state.outcome.locked.length === 0 ? [signed] : [signed, at('sub', subAge)]

  return {
    root,
    sub,
    channelOf,
    newest,
    pay({ member, share }) {
      const { state } = newest(member)
      const total = (state.outcome.balances[0] ?? []).reduce((sum, amount) => sum + amount, 0n)
      const mine = (total * BigInt(share)) / 1_000_000n
      return sign(member, {
        ...state,
        version: state.version + 1n,
        outcome: { ...state.outcome, balances: [[mine, total - mine]] },
      })
    },
    lockSub: () => sign('root', lock(newest('root').state, newest('sub').state)),
    finish() {
      const { state } = newest('root')
      return sign('root', { ...state, version: state.version + 1n, isFinal: true })
    },
    newestTree: () => treeOf(newest('root'), 1),
    oldTree: ({ root: age, sub: subAge }) => treeOf(at('root', age), subAge),
  }
}

function halves(total: bigint): readonly bigint[] {
  return [total / 2n, total / 2n]
}
