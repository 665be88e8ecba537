import { type Bytes, type ChannelId, type Hex, type Participant, parseBytes } from '@perun-watcher/core'
import { addressOf, devKey, fundingId } from '@perun-watcher/devnet'
import { type Addresses, type HolderCall, holdersOf, refusal, tokenLeave } from './call.ts'
import { isSomebodys, signatureFormFault } from './signature-form.ts'

/** What asset holders keep. */
export interface Funds {
  /** Wei by holder and funding id, see `accountOf`. */
  readonly holdings: ReadonlyMap<string, bigint>
  /** Channels whose outcome a holder knows, see `settlementOf`. */
  readonly settled: ReadonlySet<string>
  readonly tokens: Tokens
}

interface Tokens {
  /** What the holder may still take of the caller. */
  readonly leave: bigint
  /** What the holder has. */
  readonly held: bigint
}

export const noFunds: Funds = { holdings: new Map(), settled: new Set(), tokens: { leave: tokenLeave, held: 0n } }

/** Who makes all calls. */
export const callerKey = devKey(1)
export const caller = parseBytes(addressOf(callerKey))

const maxUint256 = 2n ** 256n - 1n

/** In the words of the token. */
export const exceedsLeave = 'ERC20: transfer amount exceeds allowance'
const exceedsBalance = 'ERC20: transfer amount exceeds balance'

/** Calling an address without code fails, and so does paying one that takes nothing: nobody is there to say why. */
const silence = 'without a reason'

const accounts = new Map<string, Bytes>()

/** Under which id a participant's share of a channel is booked. */
export function fundingIdOf(channelId: ChannelId, { address }: Participant): Bytes {
  const key = `${channelId} ${address}`
  const known = accounts.get(key)
  if (known !== undefined) return known
  const id = parseBytes(fundingId(channelId, address))
  accounts.set(key, id)
  return id
}

export function accountOf(holder: Bytes, channelId: ChannelId, participant: Participant): string {
  return `${holder} ${fundingIdOf(channelId, participant)}`
}

export function settlementOf(holder: Bytes, channelId: ChannelId): string {
  return `${holder} ${channelId}`
}

/** An outcome that the adjudicator hands to a holder. */
export interface Outcome {
  readonly holder: Bytes
  readonly channelId: ChannelId
  readonly participants: readonly Participant[]
  readonly balances: readonly bigint[]
}

/** Why the holder refuses an outcome; `undefined` if it does not. In its order. */
export function outcomeFault(funds: Funds, { holders }: Holders, outcome: Outcome): string | undefined {
  const { holder, channelId, participants, balances } = outcome
  if (!holders.includes(holder)) return silence
  if (participants.length !== balances.length) return 'participants length should equal balances'
  if (funds.settled.has(settlementOf(holder, channelId))) return 'trying to set already settled channel'
  if (balances.reduce((total, amount) => total + amount, 0n) > maxUint256) {
    return 'panic: arithmetic underflow or overflow (0x11)'
  }
  return undefined
}

/** An outcome that exceeds the deposits changes none of them. Somebody who is in the channel twice is counted twice. */
export function withOutcome(funds: Funds, { holder, channelId, participants, balances }: Outcome): Funds {
  const ids = participants.map((participant) => accountOf(holder, channelId, participant))
  const held = ids.reduce((total, id) => total + (funds.holdings.get(id) ?? 0n), 0n)
  const owed = balances.reduce((total, amount) => total + amount, 0n)
  const holdings = new Map(funds.holdings)
  if (held >= owed) for (const [index, id] of ids.entries()) holdings.set(id, balances[index] ?? 0n)
  return { ...funds, holdings, settled: new Set(funds.settled).add(settlementOf(holder, channelId)) }
}

/** Who keeps money, and why who takes none does not. */
export interface Holders {
  readonly holders: readonly Bytes[]
  readonly refusals: ReadonlyMap<Bytes, string>
  readonly token: Bytes
  readonly tokenHolder: Bytes
}

export function holdersAt(addresses: Addresses): Holders {
  const { adjudicator, silentReceiver, greedyReceiver, talkingReceiver, token, tokenHolder } = addresses
  const holders = holdersOf(addresses)
  const silent = [adjudicator, ...holders, silentReceiver, greedyReceiver]
  const refusals = silent.map((receiver) => [receiver, silence] as const)
  return { holders, refusals: new Map([...refusals, [talkingReceiver, refusal]]), token, tokenHolder }
}

/** A call's log, as `holderLogText` tells it, and what is kept afterwards; or why the call is refused. */
export type HolderAnswer = { readonly reason: string } | { readonly funds: Funds; readonly logs: readonly string[] }

/** What AssetHolderETH and AssetHolderERC20 answer to a call, by their rules in their order. */
export function askHolder(funds: Funds, holders: Holders, call: HolderCall): HolderAnswer {
  switch (call.name) {
    case 'setOutcome':
      return { reason: 'can only be called by the adjudicator' }
    case 'deposit': {
      const moved =
        call.holder === holders.tokenHolder ? collectTokens(funds, holders, call) : collectEther(funds, call)
      if ('reason' in moved) return moved
      const account = accountOf(call.holder, call.channelId, call.participant)
      const log = depositedText(call.holder, fundingIdOf(call.channelId, call.participant), call.amount)
      return { funds: booked(moved.funds, account, call.amount), logs: [...moved.logs, log] }
    }
    case 'withdraw':
      return withdraw(funds, holders, call)
  }
}

type Deposit = HolderCall & { name: 'deposit' }
type Withdrawal = HolderCall & { name: 'withdraw' }

function collectEther(funds: Funds, { value, amount }: Deposit): HolderAnswer {
  return value === amount ? { funds, logs: [] } : { reason: 'wrong amount of ETH for deposit' }
}

function collectTokens(funds: Funds, { token }: Holders, { holder, value, amount }: Deposit): HolderAnswer {
  if (value !== 0n) return { reason: 'message value must be 0 for token deposit' }
  const { leave, held } = funds.tokens
  if (leave < amount) return { reason: exceedsLeave }
  const logs = [allowedText(token, caller, holder, leave - amount), movedText(token, caller, holder, amount)]
  return { funds: { ...funds, tokens: { leave: leave - amount, held: held + amount } }, logs }
}

function payEther(funds: Funds, { refusals }: Holders, { receiver }: Withdrawal): HolderAnswer {
  const reason = refusals.get(receiver)
  return reason === undefined ? { funds, logs: [] } : { reason }
}

/** A token is kept for whoever it is sent to, and asks nobody. */
function payTokens(funds: Funds, { token }: Holders, { holder, receiver, amount }: Withdrawal): HolderAnswer {
  const { leave, held } = funds.tokens
  if (held < amount) return { reason: exceedsBalance }
  const left = receiver === holder ? held : held - amount
  return { funds: { ...funds, tokens: { leave, held: left } }, logs: [movedText(token, holder, receiver, amount)] }
}

function withdraw(funds: Funds, holders: Holders, call: Withdrawal): HolderAnswer {
  const { holder, channelId, participant, amount, receiver, signature, signer } = call
  if (!funds.settled.has(settlementOf(holder, channelId))) return { reason: 'channel not settled' }
  const formFault = signatureFormFault(signature)
  if (formFault !== undefined) return { reason: formFault }
  if (!isSomebodys(signature)) return { reason: 'ECDSA: invalid signature' }
  if (signer !== participant.address) return { reason: 'signature verification failed' }
  const account = accountOf(holder, channelId, participant)
  if ((funds.holdings.get(account) ?? 0n) < amount) return { reason: 'insufficient funds' }
  const paid = holder === holders.tokenHolder ? payTokens(funds, holders, call) : payEther(funds, holders, call)
  if ('reason' in paid) return paid
  const log = withdrawnText(holder, fundingIdOf(channelId, participant), amount, receiver)
  return { funds: booked(paid.funds, account, -amount), logs: [...paid.logs, log] }
}

function booked(funds: Funds, account: string, amount: bigint): Funds {
  const holdings = new Map(funds.holdings).set(account, (funds.holdings.get(account) ?? 0n) + amount)
  return { ...funds, holdings }
}

export function allowedText(token: Hex, owner: Hex, spender: Hex, amount: bigint): string {
  return `${token} lets ${spender} take ${amount} of ${owner}`
}

export function movedText(token: Hex, from: Hex, to: Hex, amount: bigint): string {
  return `${token} moved ${amount} from ${from} to ${to}`
}

export function depositedText(holder: Hex, funding: Hex, amount: bigint): string {
  return `${holder} took ${amount} for ${funding}`
}

export function withdrawnText(holder: Hex, funding: Hex, amount: bigint, receiver: Hex): string {
  return `${holder} paid ${amount} of ${funding} to ${receiver}`
}

export function settledText(holder: Hex, channelId: Hex): string {
  return `${holder} settled ${channelId}`
}
