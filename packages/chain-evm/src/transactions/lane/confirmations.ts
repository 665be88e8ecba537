import { type Block, type Logger, WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import type { BalanceWatch } from '../fees/balance-watch.ts'
import { type Call, isSameCall } from '../node/call.ts'
import type { FeeHead, NodeRpc } from '../node/node-rpc.ts'
import type { Receipt } from '../node/parse-receipt.ts'
import type { IncludedTransaction, Job } from './job.ts'
import type { LaneBook } from './lane-book.ts'
import { spentOn } from './lane-spending.ts'
import type { Attempt, Slot, SlotStatus } from './slot.ts'
import { replaced } from './transaction-errors.ts'

export interface ConfirmationDeps {
  readonly account: Address
  readonly book: LaneBook
  readonly balanceWatch: BalanceWatch
  readonly nodeRpc: NodeRpc
  readonly logger: Logger
  /** A block with so many on top is final. */
  readonly finalityDepth: bigint
  /** A block includes something else of ours with the nonce of the job. */
  readonly onOvertaken: (job: Job) => void
  /** A block includes a call of ours, successfully, with a nonce that nobody waits for any more. */
  readonly onIncluded: (call: Call, included: IncludedTransaction) => void
}

/**
 * After so many heads, and seconds of chain time, a spent nonce without a receipt of ours counts as spent by somebody else.
 * Nodes index receipts late, however fast blocks come, and behind one endpoint there may be several nodes.
 */
const untilForeign = { heads: 5, seconds: 20n } as const

interface Mined {
  readonly attempt: Attempt
  readonly receipt: Receipt
  readonly block: Block
}

type Spent = Extract<SlotStatus, { type: 'spent' }>

/**
 * `undefined`: there is none, or its block is gone, and so is the receipt, whatever an endpoint has kept of it. What one endpoint
 * alone tells is asked of another one where it may be made up.
 */
async function findMined(slot: Slot, nodeRpc: NodeRpc, head: FeeHead): Promise<Mined | undefined> {
  const found = await Promise.all(
    slot.attempts.map(async (attempt) => {
      const heard = new Set<string>()
      return { attempt, heard, receipt: await nodeRpc.receipt(attempt.hash, { heard }) }
    }),
  )
  const told = found.filter(({ receipt }) => receipt !== undefined)
  // Of a nonce that is spent, by the count, one receipt of success will do; else it takes two endpoints to say so.
  const isLikely = slot.status.type !== 'waiting' && told.length === 1
  let unconfirmed: Mined | undefined
  for (const { attempt, heard, receipt } of told) {
    const asking = { nodeRpc, head, heard }
    const mined = receipt && (await placed(attempt, receipt, asking))
    if (mined !== undefined && (heard.size === 0 || (isLikely && mined.receipt.succeeded))) return mined
    const other = await toldByAnother(attempt, asking).catch(() => mined)
    if (other !== undefined) return mined === undefined || other.receipt.succeeded ? other : mined
    unconfirmed ??= mined
  }
  return slot.status.type === 'waiting' ? undefined : unconfirmed
}

interface Asking {
  readonly nodeRpc: NodeRpc
  readonly head: FeeHead
  /** Who told the receipt. */
  readonly heard: ReadonlySet<string>
}

async function placed(attempt: Attempt, receipt: Receipt, { nodeRpc, head }: Asking): Promise<Mined | undefined> {
  const block = receipt.blockHash === head.hash ? head : await nodeRpc.block(receipt.blockHash)
  return block && { attempt, receipt, block: onlyBlock(block) }
}

/** What another endpoint says. Rejects where none answers: then the first one's word is all that there is. */
async function toldByAnother(attempt: Attempt, asking: Asking): Promise<Mined | undefined> {
  const told = await asking.nodeRpc.receipt(attempt.hash, { heard: new Set(asking.heard), secondOpinion: true })
  return told && (await placed(attempt, told, asking))
}

function minedBy({ balanceWatch }: ConfirmationDeps, { attempt, receipt, block }: Mined): SlotStatus {
  return { type: 'mined', block, spent: spentOn(attempt, receipt, balanceWatch.current()) }
}

function onlyBlock({ number, hash, timestamp }: Block): Block {
  return { number, hash, timestamp }
}

async function reverted({ account, nodeRpc }: ConfirmationDeps, mined: Mined): Promise<WatcherError> {
  const { attempt, receipt, block } = mined
  const details = [`Transaction ${receipt.transactionHash} in block ${block.number}.`]
  if (receipt.gasUsed >= attempt.call.gas) details.push(`It used up its ${attempt.call.gas} gas.`)
  try {
    const reason = await nodeRpc.revertReason(account, attempt.call, block.number)
    details.push(reason === undefined ? 'It would succeed by now.' : `Reason: ${reason}.`)
  } catch {
    details.push('The node does not tell the reason.')
  }
  return new WatcherError('REGISTER_REVERTED', 'The transaction was included and reverted.', { details })
}

/** Settles the job with what a block did with its transaction. */
async function settleJob(deps: ConfirmationDeps, slot: Slot, mined: Mined): Promise<void> {
  const { job, call } = slot
  const { attempt, receipt, block } = mined
  const included = { transactionHash: attempt.hash, block, logs: receipt.logs }
  if (job === undefined) {
    if (receipt.succeeded && !attempt.cancels) deps.onIncluded(attempt.call, included)
    return
  }
  if (call === undefined || !isSameCall(attempt.call, call)) {
    // What was there before was faster: it needs another nonce.
    deps.onOvertaken(job)
  } else if (receipt.succeeded) {
    job.resolve(included)
  } else {
    job.reject(await reverted(deps, mined))
  }
}

/** Whether a block includes a transaction of ours with the nonce. Rejects with the errors of the node. */
export async function isMined(slot: Slot, nodeRpc: NodeRpc, head: FeeHead): Promise<boolean> {
  return (await findMined(slot, nodeRpc, head)) !== undefined
}

/**
 * Looks for a block that includes a transaction of ours with a nonce, and settles the job of that nonce.
 *
 * @returns whether there is one. Rejects with the errors of the node.
 */
export async function confirmMined(deps: ConfirmationDeps, slot: Slot, head: FeeHead): Promise<boolean> {
  const mined = await findMined(slot, deps.nodeRpc, head)
  if (mined === undefined) return false
  // Before the job is settled: whoever hears of it must find the book in order.
  const status = minedBy(deps, mined)
  deps.book.update(slot.nonce, (now) => ({ ...now, job: undefined, status }))
  await settleJob(deps, slot, mined)
  return true
}

/** Looks for the transaction that spent a nonce. A node that does not answer leaves the slot as it is. */
async function confirmSpent(deps: ConfirmationDeps, slot: Slot, status: Spent, head: FeeHead): Promise<void> {
  const { account, book, logger } = deps
  if (await confirmMined(deps, slot, head)) return
  const heads = status.head.hash === head.hash && status.heads > 0 ? status.heads : status.heads + 1
  if (heads < untilForeign.heads || head.timestamp - status.since < untilForeign.seconds) {
    book.update(slot.nonce, (now) => ({ ...now, status: { ...status, heads, head: onlyBlock(head) } }))
    return
  }
  logger.error('Somebody else sends from the account of the watcher', { account, nonce: slot.nonce })
  book.abandon(slot.nonce)
  book.update(slot.nonce, (now) => ({ ...now, status: { type: 'foreign', seen: onlyBlock(head) } }))
  slot.job?.reject(replaced(account, slot.nonce))
}

/** Whether a mined slot is final. Asks once more: by now another block may include the transaction. */
async function checkFinal(deps: ConfirmationDeps, slot: Slot, head: FeeHead): Promise<boolean> {
  const { book, nodeRpc, finalityDepth } = deps
  const { status } = slot
  if (status.type === 'foreign') return head.number - status.seen.number >= finalityDepth
  if (status.type !== 'mined' || head.number - status.block.number < finalityDepth) return false
  const mined = await findMined(slot, nodeRpc, head)
  if (mined?.block.hash === status.block.hash) return true
  const next: SlotStatus =
    mined === undefined
      ? { type: 'spent', heads: 0, head: onlyBlock(head), since: head.timestamp }
      : minedBy(deps, mined)
  book.update(slot.nonce, (now) => ({ ...now, status: next }))
  return false
}

/**
 * Finds out what became of the nonces that blocks have spent, and settles their jobs. A node that does not answer delays
 * it; it never rejects.
 *
 * @returns the nonces that are final
 */
export async function updateConfirmations(deps: ConfirmationDeps, head: FeeHead): Promise<ReadonlySet<bigint>> {
  const final = new Set<bigint>()
  const update = async (slot: Slot): Promise<void> => {
    try {
      if (slot.status.type === 'spent') await confirmSpent(deps, slot, slot.status, head)
      else if (await checkFinal(deps, slot, head)) final.add(slot.nonce)
    } catch {
      deps.logger.debug('A receipt could not be read', { account: deps.account, nonce: slot.nonce })
    }
  }
  await Promise.all(deps.book.slots().map(update))
  return final
}
