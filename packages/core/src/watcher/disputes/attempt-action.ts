import type { DisputeAction } from '../../dispute/decide.ts'
import { leadSeconds } from '../../dispute/improvement.ts'
import type { Inclusion, SendPurpose } from '../../spi/chain.ts'
import { actionKey, channelsOf } from './action-key.ts'
import type { Assessment } from './assessor.ts'
import { assess, type DisputeContext, secondsUntil, warnIfLate } from './dispute-context.ts'

/** To wait for the outcome of our own transaction once the dispute looks settled: some nodes tell receipts late, by blocks. */
const patience = { blocks: 4, ms: 10_000 } as const

/** How often the number of blocks that an attempt is left undisturbed can double. */
const mostDoublings = 5

/** What is to be done, by an assessment; `undefined`: nothing. */
export type Wanted = (assessment: Assessment) => DisputeAction | undefined

export type Attempt =
  | { readonly type: 'included'; readonly inclusion: Inclusion }
  | { readonly type: 'failed'; readonly error: unknown }
  /** The plan changed while it was under way. */
  | { readonly type: 'superseded' }

/**
 * Sends an action and watches over it: a better plan replaces it, a late one is reported.
 *
 * @param wanted what is to be done, by an assessment.
 * @param superseded how many attempts in a row gave way to newer plans. Each gets twice the blocks of the one before, so
 *   that a client who publishes without pause cannot keep every one of them from being sent: any answer is better than
 *   none, and the next decision puts the newest state in its place.
 */
export async function attemptAction(
  dispute: DisputeContext,
  action: DisputeAction,
  wanted: Wanted,
  superseded: number,
): Promise<Attempt> {
  const { root, signal } = dispute
  dispute.logger.info('Refuting', { root, action: actionKey(action), deadline: action.deadline })
  const giveUp = new AbortController()
  const progress = { isSent: false }
  const sending = send(dispute, action, progress, AbortSignal.any([signal, giveUp.signal]))
  const watch = new AbortController()
  const blocks = 2 ** Math.min(superseded, mostDoublings)
  const watching = watchOver(dispute, action, { wanted, blocks, progress }, AbortSignal.any([signal, watch.signal]))
  const replaced: Promise<Attempt> = watching.then(
    () => ({ type: 'superseded' }),
    () => sending,
  )
  const first = await Promise.race([sending, replaced])
  watch.abort()
  if (first.type !== 'superseded') return first
  giveUp.abort(new Error('A newer plan took its place.'))
  const last = await Promise.race([sending, nextTick(dispute)])
  // It may have been included at the very last moment.
  return last?.type === 'included' ? last : first
}

/** A sender that does not hear that it was told to stop is not waited for. */
async function nextTick({ ticks, signal }: DisputeContext): Promise<undefined> {
  await ticks.after(ticks.count, { signal }).catch(() => {})
}

function purposeOf({ answers, index, root }: DisputeContext, action: DisputeAction): SendPurpose {
  const [{ answerVersion, registeredVersion, deadline, challengeDuration }] = action.threats
  const stands = action.type === 'concludeFinal' && answerVersion === registeredVersion
  const replaced = answers.replacedBy(root, action)
  // Once: what was acknowledged before the dispute and had something in its way is paid as a first answer is.
  const completes = replaced?.isPartial === true && replaced.improvements === 0
  const improves = replaced !== undefined && !completes
  return {
    rank: stands ? 'settlement' : improves ? 'improvement' : 'first-answer',
    family: root,
    clients: index.get(root)?.clients ?? [],
    opened: deadline - challengeDuration,
  }
}

async function send(
  dispute: DisputeContext,
  action: DisputeAction,
  progress: { isSent: boolean },
  signal: AbortSignal,
): Promise<Attempt> {
  const { chain } = dispute
  const onSent = (): void => {
    progress.isSent = true
  }
  const options = { deadline: action.deadline, purpose: purposeOf(dispute, action), onSent, signal }
  try {
    const inclusion =
      action.type === 'concludeFinal'
        ? await chain.concludeFinal(action.channel, options)
        : await chain.register(action.channel, action.subChannels, options)
    return { type: 'included', inclusion }
  } catch (error) {
    return { type: 'failed', error }
  }
}

interface Watched {
  readonly wanted: Wanted
  /** For so many it is left undisturbed. */
  readonly blocks: number
  readonly progress: { readonly isSent: boolean }
}

/** Resolves when the family has needed something else than `action` for long enough. Looks once per block, and by the clock where none comes. */
async function watchOver(
  dispute: DisputeContext,
  action: DisputeAction,
  { wanted, blocks: undisturbedBlocks, progress }: Watched,
  signal: AbortSignal,
): Promise<void> {
  const { ticks } = dispute
  const key = actionKey(action)
  const mayFollow = followers(dispute, action)
  const isSettledLong = settledLong(dispute)
  for (let blocks = 1; ; blocks++) {
    await ticks.after(ticks.count, { signal })
    const now = wanted(await assess(dispute, signal))
    if (isSettledLong(now === undefined)) return
    if (now === undefined) continue
    // The fees must rise towards the new deadline.
    if (now.deadline < action.deadline) return
    if (actionKey(now) !== key && blocks >= undisturbedBlocks && !mayFollow(now)) return
    warnIfLate(dispute, now, progress.isSent)
  }
}

/**
 * Says of newer plans whether they may wait until this one is included, and improve it then: both may be included, and paid
 * for. Only where this one is an improvement itself and nothing changed on the ledger, but clients gave us something newer,
 * and while there is time for both.
 */
function followers(dispute: DisputeContext, action: DisputeAction): (newer: DisputeAction) => boolean {
  const { answers, chainClock, index, root } = dispute
  if (answers.replacedBy(root, action) === undefined) return () => false
  const ids = channelsOf(action)
  const versions = (): string => ids.map((id) => index.get(id)?.record?.version).join()
  const before = versions()
  return (newer) => {
    if (newer.type !== action.type || newer.channel.state.isFinal || newer.isUrgent || versions() !== before)
      return false
    if (!newer.threats.every(({ channelId }) => ids.includes(channelId))) return false
    return secondsUntil(newer.deadline, chainClock) > leadSeconds(chainClock.secondsPerBlock)
  }
}

/** Told with each look whether nothing is to be done, says whether that has been so for long enough. */
function settledLong({ chainClock, clock }: DisputeContext): (isSettled: boolean) => boolean {
  let blocks = 0
  let sinceMs = 0
  // Where blocks are slow, looks come by the clock as well.
  const ms = Math.max(patience.ms, patience.blocks * Number(chainClock.secondsPerBlock) * 1_000)
  return (isSettled) => {
    if (blocks === 0) sinceMs = clock.now()
    blocks = isSettled ? blocks + 1 : 0
    return blocks > patience.blocks && clock.now() - sinceMs >= ms
  }
}
