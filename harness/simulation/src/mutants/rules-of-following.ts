import type { Mutant } from './mutant.ts'

/** What is learnt from the chain, and how long it is tried. */
export const followingMutants: readonly Mutant[] = [
  {
    name: 'one try',
    weakness: 'W1: a failed registration is not tried again.',
    patches: [
      {
        file: 'watcher/disputes/run-dispute.ts',
        find: 'await tryOnce(dispute, family, action, tries)',
        replace: `await tryOnce(dispute, family, action, tries)
    if (tries.failures > 0) return { ...assessment, action: undefined, isOpen: false }`,
      },
    ],
  },
  {
    name: 'nothing learnt from the chain',
    weakness: 'W7: a newer state on the chain is not adopted.',
    patches: [
      {
        file: 'watcher/chain/state-learner.ts',
        find: 'if (underWay.has(log.transactionHash)) return',
        replace: 'return',
      },
      {
        file: 'watcher/chain/state-seeker.ts',
        find: 'if (!isWanted || sought.has(id)) return',
        replace: 'return',
      },
    ],
  },
  {
    name: 'reorgs ignored',
    weakness: 'W12: a registration that a reorg took out still counts.',
    patches: [
      {
        file: 'watcher/chain/apply-steps.ts',
        find: 'const removed = step.removed.filter((log) => recordTracker.remove(log))',
        replace: 'const removed = step.removed.filter(() => false)',
      },
    ],
  },
  {
    name: 'broken stream stays broken',
    weakness: 'W13: the log stream ends and nobody opens it again.',
    patches: [
      {
        file: 'watcher/chain/follow-chain.ts',
        find: "throw new WatcherError('CHAIN_UNREACHABLE', 'The chain stream ended.')",
        replace: 'return',
      },
    ],
  },
  {
    name: 'newcomer not told what stands',
    weakness: 'Promise 6: a watch that is restarted hears what the chain holds.',
    patches: [
      {
        file: 'watcher/chain/record-tracker.ts',
        find: 'else for (const client of unbriefed) notifier.notifyOne(client, fact)',
        replace: '',
      },
    ],
  },
  {
    name: 'absent clients not told',
    weakness: 'Promise 6: only a client that listens at that moment hears of it.',
    patches: [
      {
        file: 'watcher/notifications/mailboxes.ts',
        find: 'change(box, appended(box.content, { ledger, event }, mailboxLimit))',
        replace: 'if (box.sinks.size > 0) change(box, appended(box.content, { ledger, event }, mailboxLimit))',
      },
    ],
  },
  {
    name: 'one dispute at a time',
    weakness: 'W15: a family that is stuck delays all others.',
    patches: [
      {
        file: 'watcher/disputes/dispute-scheduler.ts',
        find: '.run((signal) => work(root, dispute, signal))',
        replace: `.run((signal) => {
        const shared = deps as { tail?: Promise<unknown> }
        const mine = (shared.tail ?? Promise.resolve()).catch(() => {}).then(() => work(root, dispute, signal))
        shared.tail = mine
        return mine
      })`,
      },
    ],
  },
  {
    name: 'cursor ahead of finality',
    weakness: 'Promise 6: a restart begins above what was not final yet, and nobody hears of it as final.',
    patches: [
      {
        file: 'watcher/chain/apply-steps.ts',
        find: 'reactions.onFinal(recordTracker.finalize(step.finalNumber), step.finalNumber)',
        replace: 'reactions.onFinal(recordTracker.finalize(step.finalNumber), step.head.number)',
      },
    ],
  },
  {
    name: 'cursor ahead of events',
    weakness: 'Promise 6: the cursor passes events that are not stored, and a crash loses them.',
    patches: [{ file: 'watcher/chain/cursor-keeper.ts', find: 'await mailboxes.flush()', replace: '' }],
  },
  {
    name: 'recovery given up',
    weakness: 'D5: a registered state that one endpoint refused to show is not asked for again.',
    patches: [
      {
        file: 'watcher/chain/state-seeker.ts',
        find: 'retry(patiently, () => permits.run(index.payersOf(id), () => tryOnce(id, search, signal)), signal)',
        replace:
          'permits.run(index.payersOf(id), () => tryOnce(id, search, patiently.lifetime.isOver ? AbortSignal.abort() : signal))',
      },
    ],
  },
  {
    name: 'gaps ignored',
    weakness: 'Design 7: after a gap in the stream the records are not read.',
    patches: [{ file: 'watcher/engine/reactions.ts', find: 'onGap: sweeper.afterGap,', replace: 'onGap() {},' }],
  },
  {
    name: 'no sweep',
    weakness: 'Design 7: logs are hints, and a node that never gives one hides a dispute.',
    patches: [
      {
        file: 'watcher/chain/sweeper.ts',
        find: 'await readOn(signal)',
        replace: 'if (signal.aborted) await readOn(signal)',
      },
    ],
  },
]
