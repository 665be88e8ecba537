import type { ChainTime } from '@perun-watcher/core'
import { assertNever, type SpendingBook } from '@perun-watcher/core/adapter'
import { affordableFee } from '../fees/affordable-fee.ts'
import type { FeeView } from '../fees/fee-oracle.ts'
import { askedFee, type Fees, ppm } from '../fees/fee-policy.ts'
import { gasWithMargin } from '../fees/gas-with-margin.ts'
import type { Call } from '../node/call.ts'
import { classifyBroadcast } from '../node/classify-error.ts'
import { type ApplyBroadcastDeps, applyBroadcast, type DueAttempt } from './apply-broadcast.ts'
import { asideOf, steppedAside, withoutAside } from './aside.ts'
import { type BroadcastResult, broadcast, isForMoney } from './broadcast.ts'
import { rankOf } from './fair-order.ts'
import type { LaneSpending } from './lane-spending.ts'
import { type SignAttemptDeps, signAttempt, storeAttempt } from './sign-attempt.ts'
import { type Attempt, costOf, isPressing, planSlot, resends, type Slot, urgencies, withAttempt } from './slot.ts'

export interface LaneSenderDeps extends ApplyBroadcastDeps, SignAttemptDeps {
  /** The operator's cap, in wei per gas. */
  readonly feeCap: bigint
  /** Most gas of a transaction that a block takes. */
  readonly maxGas: bigint
  readonly spending: Pick<SpendingBook, 'room'>
  readonly laneSpending: Pick<LaneSpending, 'expect'>
  /** An endpoint refused for want of money what another one may take: there is more to be sent. */
  readonly onDissent: () => void
}

export interface SendOutcome {
  /** Something else is to be sent at once. */
  readonly again: boolean
  /** The highest nonce that the node has seen spent and that the lane believes to be free. */
  readonly spent: bigint | undefined
}

/** Keeps the waiting transactions of one lane alive: signs, replaces, sends, sends again. */
export interface LaneSender {
  /** The balance limits what can be offered, so it should be read again. */
  readonly isTight: boolean
  /** Does what is due for every nonce that no block has spent. Never rejects. */
  sendDue(view: FeeView): Promise<SendOutcome>
}

interface Sent {
  readonly due: DueAttempt
  readonly result: BroadcastResult
}

/** The highest nonce that is spent already. */
function spentOf(sent: readonly Sent[]): bigint | undefined {
  const nonces = sent
    .filter(({ due, result }) => result.type === 'nonceTooLow' && !due.attempt.isAside)
    .map(({ due: { slot } }) => slot.nonce)
  return nonces.reduce<bigint | undefined>(
    (most, nonce) => (most === undefined || nonce > most ? nonce : most),
    undefined,
  )
}

/** What a plain transfer costs on Ethereum. The node is asked, as it costs more on some chains. */
const transferGas = 21_000n

export function laneSender(deps: LaneSenderDeps): LaneSender {
  const { account, balanceWatch, book, feeCap, laneSpending, logger, maxGas, nodeRpc, spending } = deps
  let cancelGas: bigint | undefined
  let isTight = false
  let isStoring = false

  async function learnCancelGas(view: FeeView): Promise<void> {
    const isNeeded = book.slots().some(({ call, status }) => call === undefined && status.type === 'waiting')
    if (!isNeeded || cancelGas !== undefined) return
    try {
      const estimate = await nodeRpc.estimateGas(account, { to: account, data: '0x' }, { tag: 'latest' })
      cancelGas = gasWithMargin(estimate, view.head.gasLimit, maxGas)
    } catch {
      // Asked again next time; until then the usual amount will do.
    }
  }

  function callOf(slot: Slot): Call {
    const gas = cancelGas ?? gasWithMargin(transferGas, transferGas * 2n, maxGas)
    return slot.call ?? { to: account, data: '0x', gas }
  }

  /** What the budgets allow, in wei per gas; nothing that they limit may hold up a first answer behind it. */
  function budgetedFee({ nonce, cause, value, call, dataFee }: Slot, { market, time }: FeeView): bigint | undefined {
    if (cause === undefined || call === undefined) return undefined
    const room = spending.room(cause, time, { value, except: { lane: account, sequence: nonce } })
    if (room === undefined || isFirstBehind(nonce)) return undefined
    return affordableFee(room.most, { gas: call.gas, dataFee, asked: askedFee(market) })
  }

  /** A nonce is as pressing as what waits behind it. */
  function isPressed({ nonce }: Slot, time: ChainTime): boolean {
    return book
      .slots()
      .some(
        ({ job, nonce: other, window }) =>
          other >= nonce && job !== undefined && isPressing(job.request, window?.start ?? time, time),
      )
  }

  function isFirstBehind(nonce: bigint): boolean {
    return book
      .slots()
      .some(({ job, nonce: other }) => other > nonce && job !== undefined && rankOf(job) === 'first-answer')
  }

  /** Most that may be offered for a nonce, in wei per gas: limited by operator, budgets, what a node refused, and balance. */
  function capOf(slot: Slot, view: FeeView): bigint {
    const { head, market } = view
    const ceiling = slot.ceiling !== undefined && head.number < slot.ceiling.until ? slot.ceiling.fee : undefined
    const allowed = [budgetedFee(slot, view), ceiling].reduce<bigint>(
      (least, limit) => (limit !== undefined && limit < least ? limit : least),
      feeCap,
    )
    const balance = balanceWatch.current()
    if (balance === undefined) return allowed
    const need = { gas: callOf(slot).gas, dataFee: slot.dataFee, asked: askedFee(market) }
    const affordable = affordableFee(balance - book.reserved(slot.nonce), need)
    if (affordable >= allowed) return allowed
    isTight = true
    return affordable
  }

  async function sign(
    slot: Slot,
    { fees, isAside, isHurried }: { readonly fees: Fees; readonly isAside: boolean; readonly isHurried: boolean },
    time: ChainTime,
  ): Promise<Attempt | undefined> {
    const { nonce } = slot
    const fields = { account, nonce, ...fees }
    try {
      const call = callOf(slot)
      const most = call.gas * fees.maxFeePerGas + slot.dataFee
      const promised = costOf(book.get(nonce) ?? slot)
      laneSpending.expect(slot, most > promised ? most : promised, time)
      const draft = {
        nonce,
        call,
        cancels: slot.call === undefined,
        cause: slot.cause,
        fees,
        isAside,
        isPressing: isHurried,
      }
      const attempt = await signAttempt(deps, draft)
      book.update(nonce, (now) => ({
        ...now,
        attempts: [...now.attempts, attempt],
        ...(isAside ? { aside: now.aside && { ...now.aside, force: undefined } } : { force: undefined }),
      }))
      logger.info('A transaction was signed', { ...fields, hash: attempt.hash, cancels: attempt.cancels })
      return attempt
    } catch (error) {
      logger.error('A transaction could not be signed and stored', fields, error)
      return undefined
    }
  }

  /** @param isAside - the slot is that of smaller offers for some endpoints. */
  async function dueOf(slot: Slot, used: bigint, view: FeeView, isAside: boolean): Promise<readonly DueAttempt[]> {
    const { market, head } = view
    const cap = capOf(slot, view)
    const action = planSlot(slot, { headNumber: head.number, market, used, cap })
    switch (action.type) {
      case 'none':
        return []
      case 'send':
        return action.attempts.map((attempt) => ({ slot, attempt }))
      case 'sign': {
        // What the account cannot pay for need not be signed; it will be once the account was refilled.
        if (slot.attempts.length === 0 && cap < market.baseFeePerGas && cap < feeCap) return []
        const isHurried = used === ppm || isPressed(slot, view.time)
        const attempt = await sign(slot, { fees: action.fees, isAside, isHurried }, view.time)
        // Where nothing can be stored, what there is goes on as it is.
        const attempts = attempt === undefined ? resends(slot, head.number) : [attempt]
        return attempts.map((each) => ({ slot, attempt: each }))
      }
      default:
        return assertNever(action)
    }
  }

  /** Also what some endpoints alone are offered, which begins at the market's price. */
  async function allDueOf(slot: Slot, used: bigint, view: FeeView): Promise<readonly DueAttempt[]> {
    const due = await dueOf(withoutAside(slot), used, view, false)
    const aside = asideOf(slot)
    if (aside === undefined) return due
    return [...due, ...(await dueOf(aside, aside.attempts.length === 0 ? 0n : used, view, true))]
  }

  async function sendNow({ slot, attempt }: DueAttempt, view: FeeView): Promise<BroadcastResult> {
    if (attempt.isAside) return await broadcast(deps, attempt, { only: slot.aside?.endpoints })
    /** Who refused it before it was known what counts of all that was said. */
    const early: string[] = []
    let isOutvoted = false
    const onNotTaken = (endpoint: string, error: unknown): void => {
      const reason = classifyBroadcast(error)
      if (!isForMoney(reason)) return
      if (isOutvoted) noteDissent(slot.nonce, attempt, [endpoint], view)
      else early.push(endpoint)
    }
    const result = await broadcast(deps, attempt, { onNotTaken })
    // Another one took it, or wants more for it.
    isOutvoted = !isForMoney(result.type)
    if (isOutvoted && early.length > 0) noteDissent(slot.nonce, attempt, early, view)
    return result
  }

  function noteDissent(nonce: bigint, refused: Attempt, endpoints: readonly string[], view: FeeView): void {
    const before = book.get(nonce)
    if (before?.status.type !== 'waiting') return
    const after = steppedAside(before, refused, endpoints, view)
    book.update(nonce, () => after)
    if (before.aside === undefined) deps.onDissent()
  }

  /** Stores what was sent without a record of it, so that a restart knows of it. Does not hold up what is due. */
  async function storeMissing(): Promise<void> {
    if (isStoring) return
    isStoring = true
    try {
      for (const { nonce, attempts } of book.slots()) {
        for (const attempt of attempts.filter(({ isStored }) => !isStored)) {
          await storeAttempt(deps, nonce, attempt)
          book.update(nonce, (now) => withAttempt(now, attempt, { isStored: true }))
        }
      }
    } catch {
      // Tried again with the next pass; that it was not stored was told.
    } finally {
      isStoring = false
    }
  }

  return {
    get isTight() {
      return isTight
    },

    async sendDue(view) {
      isTight = false
      void storeMissing()
      await learnCancelGas(view)
      const slots = book.slots().filter(({ status }) => status.type === 'waiting')
      const used = urgencies(slots, view.time)
      const due = await Promise.all(slots.map((slot, index) => allDueOf(slot, used[index] ?? 0n, view)))
      // Started in order of nonces; some nodes refuse a nonce before they have the one below.
      const sent = await Promise.all(due.flat().map(async (each) => ({ due: each, result: await sendNow(each, view) })))
      for (const { due, result } of sent) {
        if (result.type === 'underfunded') isTight = true
        await applyBroadcast(deps, due, result, view)
      }
      const has = (type: (typeof sent)[number]['result']['type']): boolean =>
        sent.some(({ result }) => result.type === type)
      // A nonce that came before the one below it may be taken now.
      const isOutOfOrder = has('later') && has('accepted')
      const isTooDear = sent.some(
        ({ due: { slot, attempt } }) =>
          book.get(slot.nonce)?.attempts.find(({ hash }) => hash === attempt.hash)?.isTooDear,
      )
      return { again: has('outbid') || isTooDear || isOutOfOrder, spent: spentOf(sent) }
    },
  }
}
