import type { Mutant } from './mutant.ts'

/** When to act, how long to wait, and what the chain alone decides. */
export const timeMutants: readonly Mutant[] = [
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
    name: 'versions after a forced execution',
    weakness: 'D3: a final state yields to a record of a higher version that one participant made.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'const deadline = lastsUntil(root, now)',
        replace:
          'if (newest.state.version <= record.version) return undefined\n  const deadline = lastsUntil(root, now)',
      },
    ],
  },
  {
    name: 'too late is a verdict',
    weakness: 'D7: one wrong time ends a dispute for good.',
    patches: [
      {
        file: 'watcher/disputes/assessor.ts',
        find: 'isOpen: isUnsettled(family, decision.problems)',
        replace: "isOpen: decision.problems.some(({ reason }) => reason !== 'too-late' && reason !== 'same-version')",
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
        find: 'dispute.disputeWarnings.refuted(ours, inclusion)',
        replace: 'dispute.disputeWarnings.refuted(replaced, inclusion)',
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
        find: 'return isAtMercy(channel, now) ? now + overtime : record.timeout',
        replace: `const ends = record.timeout + (channel.params.app === undefined ? 0n : channel.params.challengeDuration)
  return ends <= now ? now + overtime : ends`,
      },
    ],
  },
  {
    name: 'confirmations without end',
    weakness: 'D9: where no block comes nothing is ever sent.',
    patches: [
      {
        file: 'watcher/disputes/settling.ts',
        find: 'if (action.isUrgent || chainClock.head === undefined || leftMs <= 0) return false',
        replace: 'if (action.isUrgent || chainClock.head === undefined) return false',
      },
      {
        file: 'watcher/disputes/settling.ts',
        find: '(options) => clock.sleep(leftMs, options),',
        replace: '',
      },
    ],
  },
  {
    name: 'no look without a block',
    weakness: 'D9: a family that waits is not looked at while no block comes.',
    patches: [
      {
        file: 'watcher/disputes/dispute-scheduler.ts',
        find: 'if (ticks.count === seen) tick()',
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
        find: ' && self.clients.every((each) => other.clients.includes(each))',
        replace: '',
      },
    ],
  },
  {
    name: 'strangers hold up a stop',
    weakness: 'D11: a stop waits for the disputes of whoever locks the channel.',
    patches: [
      {
        file: 'watcher/clients/stop-watching.ts',
        find: '.filter((root) => above.has(root) || (index.get(root)?.clients.includes(client) ?? false))',
        replace: '.filter((root) => above.size >= 0 || client === root)',
      },
    ],
  },
  {
    name: 'older roots opened at once',
    weakness: 'Retention 3: a root is opened with an older state before the missing one could be recovered.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'const isEarly = (earliest([timeout], deadline) - now) * 2n > threats[0].challengeDuration',
        replace:
          'const isEarly = (earliest([timeout], deadline) - now) * 2n > threats[0].challengeDuration && now < 0n',
      },
    ],
  },
  {
    name: 'final facts told twice',
    weakness: 'D11: a stream that begins before the cursor tells again what clients heard as final.',
    patches: [
      {
        file: 'watcher/chain/record-tracker.ts',
        find: 'if (settledLogs.get(log.channelId)?.some((settled) => isSameLog(settled, log))) return false',
        replace: '',
      },
    ],
  },
]
