import type { Mutant } from './mutant.ts'

/** What to send and what not. */
export const decisionMutants: readonly Mutant[] = [
  {
    name: 'incomplete tree',
    weakness: 'W5: a locked channel that nobody knows is left out of the tree.',
    patches: [
      {
        file: 'dispute/plan-tree.ts',
        find: "if (channel === undefined) return obstacle(lock.channelId, 'sub-channel-unknown')",
        replace: "if (channel === undefined) return { type: 'nodes', nodes: [], passedOver: undefined }",
      },
    ],
  },
  {
    name: 'one level only',
    weakness: 'W6: channels below a sub-channel are left out of the tree.',
    patches: [
      {
        file: 'dispute/plan-tree.ts',
        find: 'nodes: [{ channel, held }, ...below.nodes] },',
        replace: 'nodes: [{ channel, held }, ...(planning.above.length > 1 ? [] : below.nodes)] },',
      },
    ],
  },
  {
    name: 'tree in the wrong order',
    weakness: 'P 3.2: the contract consumes the tree depth first.',
    patches: [
      {
        file: 'dispute/plan-tree.ts',
        find: 'for (const node of below.nodes) nodes.push(node)',
        replace: 'nodes.unshift(...below.nodes)',
      },
    ],
  },
  {
    name: 'inadmissible states in the tree',
    weakness: 'Design 6.4: a plan that the contract would revert is not sent.',
    patches: [
      {
        file: 'dispute/plan-tree.ts',
        find: 'if (!isAdmissible(channel, held, planning.family)) continue',
        replace: '',
      },
    ],
  },
  {
    name: 'version alone',
    weakness: 'W20: another state with our version passes for ours.',
    patches: [
      {
        file: 'model/state-identity.ts',
        find: "return record.stateHash === undefined ? record.phase !== 'forceExec' : record.stateHash === hash",
        replace: 'return true',
      },
    ],
  },
  {
    name: 'closed windows ignored',
    weakness: 'W18: nobody looks whether a refutation is still possible.',
    patches: [
      {
        file: 'dispute/record-rules.ts',
        find: 'return until === undefined || now < until',
        replace: 'return until === undefined || now < until || until > 0n',
      },
      {
        file: 'rules/perun-rules.ts',
        find: "const isRefutable = record.phase === 'dispute' && now < record.timeout",
        replace: "const isRefutable = record.phase === 'dispute' && now > 0n",
      },
    ],
  },
  {
    name: 'own timeout of a sub-channel',
    weakness: 'P 3.3: a sub-channel is concluded with its root, whatever its own timeout says.',
    patches: [
      {
        file: 'dispute/deadline.ts',
        find: 'return rootLasts === undefined ? own : earlier(own, rootLasts)',
        replace: 'return own',
      },
    ],
  },
  {
    name: 'waits for finality to refute',
    weakness: 'Design 6.6: never wait for finality to refute.',
    patches: [
      {
        file: 'dispute/timing.ts',
        find: 'return affordable < refuteDepth ? affordable : refuteDepth',
        replace: 'return 40n',
      },
      { file: 'dispute/timing.ts', find: 'return seconds > 0n ? seconds : 0n', replace: 'return 86_400n' },
    ],
  },
  {
    name: 'final state not settled',
    weakness: 'Design 6.3: concludeFinal settles a final state even after the window.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'const conclusion = concludeFinalAction(family)',
        replace: 'const conclusion: DisputeAction | undefined = undefined',
      },
    ],
  },
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
    name: 'versions after a forced execution',
    weakness: 'D3: a final state is not concluded once a forced execution has a higher version.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'if (record === undefined || !isBeatenByFinal(record, rules) || standsFor(record, newest)) return undefined',
        replace:
          'if (record === undefined || !isBeatenByFinal(record, rules) || standsFor(record, newest) || newest.state.version <= record.version) return undefined',
      },
    ],
  },
  {
    name: 'older roots opened at once',
    weakness: 'D4: a healthy root is opened with an older state though what is missing may still be recovered.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'if (root.record !== undefined || plan.type !== ',
        replace: 'if (root.record !== undefined || now > 0n || plan.type !== ',
      },
    ],
  },
  {
    name: 'plays not forestalled',
    weakness: 'D8: once a sub-channel is played below a root of a stranger, nothing that locks it can be registered.',
    patches: [
      {
        file: 'dispute/decide.ts',
        find: 'const forestalled = root.record === undefined ? plays',
        replace: 'const forestalled = root.record === undefined && rest.length > 1e9 ? plays',
      },
    ],
  },
]
