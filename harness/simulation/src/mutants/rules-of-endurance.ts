import type { Mutant } from './mutant.ts'

/** What a counterparty, a tenant or a lying endpoint must not be able to do. */
export const enduranceMutants: readonly Mutant[] = [
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
    name: 'a stop waits for what is lost',
    weakness: 'Liveness of stop: what can no longer be refuted keeps a client from leaving.',
    patches: [
      {
        file: 'watcher/disputes/dispute-scheduler.ts',
        find: 'const isBusy = (): boolean => [...underWay.keys()].some(isAwaited)',
        replace: 'const isBusy = (): boolean => [...underWay.keys(), ...waiting].some(isAwaited)',
      },
    ],
  },
  {
    name: 'mailboxes without a bound',
    weakness: 'Bounds on memory: what waits for a client that is away grows without end.',
    patches: [
      {
        file: 'watcher/notifications/mailbox-content.ts',
        find: 'if (after.length > limit)',
        replace: 'if (after.length > limit * 1e9)',
      },
    ],
  },
  {
    name: 'strangers hold up a stop',
    weakness: 'D11: whoever locks a channel and keeps a dispute of its own running keeps its clients from leaving.',
    patches: [
      {
        file: 'watcher/clients/stop-watching.ts',
        find: 'return index.rootsOf(id).filter((root) => above.has(root) || (index.get(root)?.clients.includes(client) ?? false))',
        replace: 'return index.rootsOf(id).filter((root) => above.has(root) || client.length > 0)',
      },
    ],
  },
]
