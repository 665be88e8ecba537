import type { Mutant } from './mutant.ts'

/** What a counterparty, a tenant or a lying endpoint must not be able to do. */
export const enduranceMutants: readonly Mutant[] = [
  {
    name: 'bytes not counted',
    weakness: 'D1: a state is acknowledged whose registration fits into no transaction.',
    patches: [
      {
        file: 'dispute/tree-size.ts',
        find: 'if (tree.bytes > limits.bytes) return',
        replace: 'if (tree.bytes < 0) return',
      },
      {
        file: 'dispute/tree-size.ts',
        find: 'if (tree.work > limits.work) return',
        replace: 'if (tree.work < 0n) return',
      },
    ],
  },
  {
    name: 'final state only concluded',
    weakness: 'D2: where a holder refuses to pay, the final state is not registered instead.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'const secondWay = isAdmissible(record, newest, now)',
        replace: 'const secondWay = now < 0n',
      },
    ],
  },
  {
    name: 'final state by its number',
    weakness: 'D3: a version that was played alone counts as newer than what all signed.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: "record.phase === 'concluded' || standsFor(record, newest)) return undefined",
        replace: "record.phase === 'concluded' || newest.state.version <= record.version) return undefined",
      },
    ],
  },
  {
    name: 'recovery given up',
    weakness: 'D5: after one refusal the endpoint is never asked again for what is registered.',
    patches: [
      { file: 'watcher/chain/state-learner.ts', find: 'const mostTries = 30', replace: 'const mostTries = 1' },
      {
        file: 'watcher/chain/state-seeker.ts',
        find: 'if (!isWanted || sought.has(id)) return',
        replace: 'if (isWanted || !isWanted) return',
      },
    ],
  },
  {
    name: 'blocks wake nobody',
    weakness: 'D7: what could not be answered at one time is not looked at again.',
    patches: [{ file: 'watcher/disputes/family-waker.ts', find: 'disputeScheduler.tick()', replace: '' }],
  },
  {
    name: 'inclusions believed',
    weakness: 'D7: a block that an endpoint made up is waited for without end.',
    patches: [
      {
        file: 'watcher/disputes/confirm-inclusion.ts',
        find: `    if (leftMs <= 0) return
    await firstOf(signal, [(options) => ticks.after(tick, options), (options) => clock.sleep(leftMs, options)])`,
        replace: '    if (leftMs <= 1e15) await ticks.after(tick, { signal })',
      },
    ],
  },
  {
    name: 'deadline of an app at its conclusion',
    weakness: 'D8: from the timeout of the root on its app can be played, or ended and concluded at once.',
    patches: [
      {
        file: 'dispute/deadline.ts',
        find: 'const rootLasts = lastsUntil(root, now)',
        replace: `const waitsForApp = root.record?.phase === 'dispute' && root.params.app !== undefined
  const lasts = lastsUntil(root, now)
  const rootLasts = waitsForApp && lasts !== undefined ? lasts + root.params.challengeDuration : lasts`,
      },
    ],
  },
  {
    name: 'confirmations without end',
    weakness: 'D9: where blocks come only with transactions, nothing is ever sent.',
    patches: [
      {
        file: 'watcher/disputes/settling.ts',
        find: 'untilMs: clock.now() + Number(seconds) * 1000',
        replace: 'untilMs: clock.now() + 1e12 + Number(seconds)',
      },
    ],
  },
  {
    name: 'every family judged anew',
    weakness: 'D10: each of many families that share a channel judges all others.',
    patches: [
      {
        file: 'watcher/disputes/assessor.ts',
        find: `const known = judgements.get(root)
    if (known !== undefined) return known`,
        replace: '',
      },
    ],
  },
  {
    name: 'refuted, whoever did it',
    weakness: "D11: a client is told of somebody else's registration as ours.",
    patches: [
      {
        file: 'watcher/disputes/confirm-inclusion.ts',
        find: 'return makers.some(({ log }) => log.transactionHash === inclusion.transactionHash)',
        replace: 'return makers.length >= 0 && inclusion.transactionHash.length > 0',
      },
    ],
  },
  {
    name: 'conclusions never rest',
    weakness: 'Bounds on cost: a conclusion that a holder makes fail is sent with each block.',
    patches: [
      {
        file: 'watcher/disputes/dispute-memory.ts',
        find: 'refusals > 0 && isSameRecord',
        replace: 'refusals > 1e9 && isSameRecord',
      },
    ],
  },
  {
    name: 'plays not forestalled',
    weakness: 'D8: a sub-channel that is played bars every root that locks it.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'const forestalled = root.record === undefined ? playable',
        replace: 'const forestalled = root.record === undefined && now < 0n ? playable',
      },
    ],
  },
  {
    name: 'two workers for a family',
    weakness: 'Pending duplicates: the same call must not be under way twice.',
    patches: [
      {
        file: 'watcher/disputes/dispute-scheduler.ts',
        find: `if (dispute === undefined) start(root)
      else dispute.changes.wake()`,
        replace: 'if (dispute !== undefined) dispute.changes.wake()\n      start(root)',
      },
    ],
  },
  {
    name: 'late logs taken for the newest',
    weakness: 'Logs that come late must not take the place of later ones.',
    patches: [
      {
        file: 'watcher/chain/record-tracker.ts',
        find: 'const at = pending.findIndex((fact) => isLater(fact.log, log))',
        replace:
          'const at = pending.findIndex((fact) => isLater(fact.log, log) && fact.isConfirmed !== fact.isConfirmed)',
      },
    ],
  },
  {
    name: 'strangers hold up a stop',
    weakness: 'D11: somebody else who locks a channel and keeps its own family busy keeps its clients from leaving.',
    patches: [
      {
        file: 'watcher/clients/stop-watching.ts',
        find: 'return index.rootsOf(id).filter((root) => above.has(root)',
        replace: 'return index.rootsOf(id).filter((root) => root.length > 0 || above.has(root)',
      },
    ],
  },
]
