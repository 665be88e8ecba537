import type { Mutant } from './mutant.ts'

/** What is taken from clients, kept and given up. */
export const intakeMutants: readonly Mutant[] = [
  {
    name: 'states not checked',
    weakness: 'W3: a state is taken without its signatures.',
    patches: [
      {
        file: 'watcher/channels/state-checker.ts',
        find: 'return await backend.verify(signed)',
        replace: 'return { ...signed, hash: backend.stateHash(signed.state) }',
      },
    ],
  },
  {
    name: 'older states taken',
    weakness: 'W3: an older state lowers the protection.',
    patches: [
      {
        file: 'watcher/channels/state-checker.ts',
        find: 'if (!stands && !isWelcome) throw stale(id, line, state.version)',
        replace:
          "if (!stands && !isWelcome) return [{ type: 'putLinks', id, parents: channel.stored.parents, clients: channel.stored.clients }, { type: 'removeChannel', id } as never, { type: 'createChannel', id, params: channel.stored.params, parents: channel.stored.parents, clients: channel.stored.clients, newest: await candidate.verified() } as never]",
      },
    ],
  },
  {
    name: 'states after the final one',
    weakness: 'Design 6.1: nothing follows a final state.',
    patches: [
      {
        file: 'watcher/channels/state-checker.ts',
        find: 'if (line.newest.state.isFinal) throw afterFinal(entry.id, line, state.version)',
        replace: '',
      },
    ],
  },
  {
    name: 'no older states',
    weakness: 'D4: only the newest root state is kept, none that needs fewer locked channels.',
    patches: [
      {
        file: 'dispute/retention.ts',
        find: 'if (pool.length === 0 || locksNothing(newest)) return []',
        replace: 'if (pool.length >= 0) return []',
      },
    ],
  },
  {
    name: 'no history of locked channels',
    weakness: 'D4: a version of a locked channel that was superseded is forgotten.',
    patches: [
      {
        file: 'watcher/channels/state-checker.ts',
        find: 'return index.isLockable(id, number) || !locksNothing(held)',
        replace: 'return false',
      },
    ],
  },
  {
    name: 'history keeps nothing alive',
    weakness: 'D4: what only an older version of a locked channel locks is released.',
    patches: [
      {
        file: 'watcher/channels/channel-index.ts',
        find: 'return parents.length > 0 || record !== undefined',
        replace: 'return parents.length > 1e9 && record !== undefined',
      },
    ],
  },
  {
    name: 'one line for all',
    weakness: 'D6: states with other funds displace what another client gave.',
    patches: [
      {
        file: 'watcher/clients/enrol.ts',
        find: 'lineToJoin(deps, channel, client, { newest, parent })',
        replace: '(lineOf(stored, newest.state) ?? ownLine(stored, client))',
      },
    ],
  },
  {
    name: 'publish wakes nobody',
    weakness: 'W8: a state that is published during a dispute refutes nothing.',
    patches: [
      { file: 'watcher/channels/channel-book.ts', find: 'if (changes.some(isOfStates)) onStates(id)', replace: '' },
    ],
  },
  {
    name: 'acknowledged before it is stored',
    weakness: 'Promise 1: a publish resolves only after the state is on disk.',
    patches: [
      {
        file: 'watcher/clients/submissions.ts',
        find: 'await book.commit(channel, changes)',
        replace: 'book.commit(channel, changes).catch(() => {})',
      },
    ],
  },
  {
    name: 'write without its mirror',
    weakness: 'Design 3: what is stored and what the engine goes by are the same state.',
    patches: [{ file: 'watcher/channels/channel-book.ts', find: 'if (after !== entry) index.put(after)', replace: '' }],
  },
  {
    name: 'nothing loaded at the start',
    weakness: 'W2: channels live in memory only.',
    patches: [
      {
        file: 'watcher/channels/channel-book.ts',
        find: 'index.put(entryOf(summary, ledger))',
        replace: 'if (index.size > 1e9) index.put(entryOf(summary, ledger))',
      },
    ],
  },
  {
    name: 'refused stop silences the channel',
    weakness: 'W11: the stop of a parent with live children is refused, and its events are cut off all the same.',
    patches: [
      {
        file: 'watcher/clients/stop-watching.ts',
        find: 'for (let hasLeft = false; !hasLeft; ) {',
        replace: `if (deps.index.childrenOf(id).length > 0) deps.mailboxes.forget(id, leaving.client)
  for (let hasLeft = false; !hasLeft; ) {`,
      },
    ],
  },
  {
    name: 'archived sub-channels forgotten',
    weakness: 'W14: a stopped sub-channel is dropped although its parent locks it.',
    patches: [
      {
        file: 'watcher/clients/channel-pruner.ts',
        find: 'return index.isLocked(id) || index.childrenOf(id).some(isWatched)',
        replace: 'return index.childrenOf(id).some(isWatched)',
      },
    ],
  },
  {
    name: 'anybody ends the protection',
    weakness: 'Promise 4: a stranger who stops a channel ends it for the client that has not come back yet.',
    patches: [
      {
        file: 'watcher/clients/stop-watching.ts',
        find: 'const clients = entry.clients.filter((each) => each !== client)',
        replace: 'const clients = entry.clients.filter(() => false)',
      },
    ],
  },
  {
    name: 'shutdown leaves disputes',
    weakness: 'Promise 7: a shutdown finishes disputes in flight.',
    patches: [
      {
        file: 'watcher/engine/life-cycle.ts',
        find: 'await disputeScheduler.allAtRest({ signal: bound })',
        replace: 'bound?.throwIfAborted()',
      },
    ],
  },
  {
    name: 'one superseded state',
    weakness: 'D4: of the history of a locked channel only the last is kept.',
    patches: [
      {
        file: 'watcher/channels/state-checker.ts',
        find: 'const forgotten = left.filter((held) => !isHistory(id, line, held)).map(keptRef)',
        replace: 'const forgotten = left.map(keptRef)',
      },
      {
        file: 'watcher/channels/kept-states.ts',
        find: 'if (found !== undefined) return found',
        replace: 'if (found !== undefined && stored.newest.state.version - version <= 2n) return found',
      },
    ],
  },
  {
    name: 'earlier states not welcome',
    weakness: 'D4: a state that a tree may need is refused because a newer one is held.',
    patches: [
      {
        file: 'watcher/channels/state-checker.ts',
        find: 'return index.isLockable(id, number) || undominated(newest, [...older, held]).includes(held)',
        replace: 'return index.isLockable(id, number) && older.length > 1e9 && undominated(newest, [held]).length > 0',
      },
    ],
  },
  {
    name: 'coalesced states not stored',
    weakness: 'D4: of states that wait together only the newest is stored, though a tree may need each of them.',
    patches: [
      {
        file: 'watcher/clients/submissions.ts',
        find: 'await (keepsEveryState(id, batch) ? storeAll(id, batch) : storeNewest(id, batch))',
        replace:
          'await (keepsEveryState(id, batch) && batch.length < 2 ? storeAll(id, batch) : storeNewest(id, batch))',
      },
    ],
  },
]
