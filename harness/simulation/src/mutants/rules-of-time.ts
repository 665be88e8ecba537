import type { Mutant } from './mutant.ts'

/** When to act, how long to wait, and what the chain alone decides. */
export const timeMutants: readonly Mutant[] = [
  {
    name: 'improves at every publish',
    weakness: 'N7(g): a client who publishes without pause costs a registration per block.',
    patches: [
      {
        file: 'watcher/disputes/wait-to-improve.ts',
        find: 'const secondsLeft = secondsUntil(improvableAt(answer, room), chainClock)',
        replace: 'const secondsLeft = 0n',
      },
    ],
  },
  {
    name: 'a conclusion is the only way',
    weakness: 'D2: a final state whose conclusion is refused is not registered.',
    patches: [
      {
        file: 'dispute/choose-way.ts',
        find: 'return wasRefused || isShort ? action.secondWay : action',
        replace: 'return action',
      },
    ],
  },
  {
    name: 'inclusions believed',
    weakness: 'D7, D11: what the sender says of an inclusion counts, whatever the records say.',
    patches: [
      {
        file: 'watcher/disputes/confirm-inclusion.ts',
        find: 'return standing.length === replaced.length && isRootThere(dispute, action)',
        replace: 'return true',
      },
      {
        file: 'watcher/disputes/confirm-inclusion.ts',
        find: 'dispute.disputeWarnings.refuted(ours, made)',
        replace: 'dispute.disputeWarnings.refuted(replaced, made)',
      },
    ],
  },
  {
    name: 'inclusions waited for without end',
    weakness: 'D7: a block far ahead that does not exist is waited for.',
    patches: [
      {
        file: 'watcher/disputes/confirm-inclusion.ts',
        find: 'if (leftMs <= 0) return',
        replace: 'if (leftMs <= 0) await ticks.after(tick, { signal })',
      },
    ],
  },
  {
    name: 'one more duration below an app',
    weakness: 'D8: the deadline below a root with an app is the time of its conclusion, not that of the first move.',
    patches: [
      {
        file: 'dispute/deadline.ts',
        find: 'return earlier(end, playOf(channel, instant)?.from ?? end)',
        replace: 'return params.app === undefined ? end : end + params.challengeDuration',
      },
    ],
  },
  {
    name: 'confirmations without end',
    weakness: 'D9: where no block comes nothing is ever sent.',
    patches: [
      {
        file: 'watcher/disputes/settling.ts',
        find: 'chainClock.head === undefined || leftMs <= 0 || isCrowded()',
        replace: 'chainClock.head === undefined || isCrowded()',
      },
      {
        file: 'watcher/disputes/settling.ts',
        find: '(options) => clock.sleep(leftMs, options),',
        replace: '',
      },
    ],
  },
  {
    name: 'every family judges all',
    weakness: 'D10: families that share a channel judge each other again and again.',
    patches: [
      {
        file: 'watcher/disputes/assessor.ts',
        find: 'judgements.set(root, made)',
        replace: '',
      },
      { file: 'watcher/disputes/assessor.ts', find: 'tables.set(key, made)', replace: '' },
    ],
  },
  {
    name: 'strangers relied on',
    weakness: 'D11: an answer is left to a family that our clients do not watch.',
    patches: [
      {
        file: 'watcher/disputes/assessor.ts',
        find: '.filter((root) => clientsOf(root).includes(client))',
        replace: '',
      },
      {
        file: 'dispute/choose-family.ts',
        find: 'return self.clients.every((each) => other.clients.includes(each))',
        replace: 'return other.clients.length > -1 && self.clients.length > -1',
      },
    ],
  },
  {
    name: 'final at first sight',
    weakness: 'Promise 6: what a reorg may still take out is told as final.',
    patches: [
      {
        file: 'watcher/chain/apply-steps.ts',
        find: 'reactions.onFinal(recordTracker.finalize(step.finalNumber), step.finalNumber)',
        replace: 'reactions.onFinal(recordTracker.finalize(step.head.number), step.finalNumber)',
      },
    ],
  },
  {
    name: 'too late as a verdict',
    weakness: 'D7: a window that once looked closed is never looked at again.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: `    problems.some(({ channelId }) => channels.get(channelId)?.record?.phase !== 'concluded') ||
    [...channels.values()].some(({ record, newest }) => isInDoubt(record, identityOf(newest)))`,
        replace: `    !problems.some(({ reason }) => reason === 'too-late') &&
    (problems.some(({ channelId }) => channels.get(channelId)?.record?.phase !== 'concluded') ||
      [...channels.values()].some(({ record, newest }) => isInDoubt(record, identityOf(newest))))`,
      },
    ],
  },
]
