import type { DisputeAction } from '../dispute/decide.ts'
import { isLate } from '../dispute/timing.ts'
import type { Inclusion, Registerer } from '../spi/chain.ts'
import { actionKey } from './action-key.ts'
import { assess, type DisputeContext, secondsUntil } from './dispute-context.ts'
import { firstOf } from './wake-signal.ts'

/** Blocks to wait for the report of our own transaction after the dispute looks settled. */
const patienceInBlocks = 2

export type Attempt =
  | { readonly type: 'included'; readonly inclusion: Inclusion }
  | { readonly type: 'failed'; readonly error: unknown }
  /** The plan changed while it was under way. */
  | { readonly type: 'superseded' }

/** Sends an action and watches over it: a better plan replaces it, a late one is reported. */
export async function attempt(dispute: DisputeContext, action: DisputeAction, seenChange: number): Promise<Attempt> {
  const { root, signal } = dispute
  dispute.logger.info('Refuting', { root, action: actionKey(action), deadline: action.deadline })
  const giveUp = new AbortController()
  const sending = send(dispute.chain, action, AbortSignal.any([signal, giveUp.signal]))
  const watch = new AbortController()
  const watching = watchOver(dispute, action, seenChange, AbortSignal.any([signal, watch.signal]))
  const superseded: Promise<Attempt> = watching.then(
    () => ({ type: 'superseded' }),
    () => sending,
  )
  const first = await Promise.race([sending, superseded])
  watch.abort()
  if (first.type !== 'superseded') return first
  giveUp.abort(new Error('A newer plan took its place.'))
  const last = await sending
  // It may have been included at the very last moment.
  return last.type === 'included' ? last : first
}

function send(chain: Registerer, action: DisputeAction, signal: AbortSignal): Promise<Attempt> {
  const options = { deadline: action.deadline, signal }
  const included =
    action.type === 'concludeFinal'
      ? chain.concludeFinal(action.channel, options)
      : chain.register(action.channel, action.subChannels, options)
  return included.then(
    (inclusion) => ({ type: 'included', inclusion }),
    (error: unknown) => ({ type: 'failed', error }),
  )
}

/** Resolves when the family needs something else than `action`. */
async function watchOver(
  dispute: DisputeContext,
  action: DisputeAction,
  seenChange: number,
  signal: AbortSignal,
): Promise<void> {
  const { changes, heads } = dispute
  const key = actionKey(action)
  let seen = { change: seenChange, head: heads.count }
  for (let settledBlocks = 0; settledBlocks <= patienceInBlocks; ) {
    const { change, head } = seen
    await firstOf(signal, [(options) => changes.after(change, options), (options) => heads.after(head, options)])
    const isNewBlock = heads.count > head
    seen = { change: changes.count, head: heads.count }
    const { action: now } = await assess(dispute, signal)
    if (now === undefined) settledBlocks += isNewBlock ? 1 : 0
    else if (actionKey(now) !== key) return
    else if (isLate(secondsUntil(now.deadline, dispute.time), now.threats[0].challengeDuration)) {
      dispute.alarm.late(now)
    }
  }
}
