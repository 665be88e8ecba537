import { conclude, concludeFinal, deposit, register, type Stage, type Stories } from './stage.ts'

/** Alice and the hub have a ledger channel that locks V, which Alice and Bob sign alone. */
function hubAndVirtual(at: Stage) {
  const { alice, bob, hub } = at
  const [holder] = at.addresses.etherHolders
  const root = at.open('root', { members: [alice, hub] })
  const virtual = at.open('V', { members: [alice, bob], kind: 'virtual' })
  const without = at.state(root, 1n, [[10n, 10n]])
  const locked = [at.lock(virtual, [10n])]
  return { holder, root, virtual, without, locking: at.state(root, 2n, [[5n, 5n]], { locked }) }
}

/** A ledger channel of those who sign V, with the lock that they like. */
function ownRoot(at: Stage, virtual: ReturnType<typeof hubAndVirtual>['virtual'], funds: bigint, duration = 60n) {
  const root = at.open('own root', { members: [at.alice, at.bob], duration })
  return { root, state: at.state(root, 1n, [[0n, 0n]], { locked: [at.lock(virtual, [funds])] }) }
}

/**
 * Ways in which the contracts let somebody lose who has done nothing wrong on chain; no watcher can help. What to do
 * about each: what not to sign.
 */
export const facts: Stories = {
  async 'D12: those who sign V alone bar the hub for good with other funds'(at) {
    const { root, virtual, without, locking } = hubAndVirtual(at)
    const own = ownRoot(at, virtual, 0n)
    const other = at.state(virtual, 2n ** 64n - 1n, [[0n, 0n]])
    const right = at.state(virtual, 3n, [[0n, 10n]])
    await at.play(0, register(at.signed(own.root, own.state), at.signed(virtual, other)), 'ok')
    await at.play(0, register(at.signed(root, without)), 'ok')
    // The hub's newest state with V as it should be, with V as it is recorded, and whatever is left to try.
    await at.play(1, register(at.signed(root, locking), at.signed(virtual, right)), 'invalid version')
    await at.play(1, register(at.signed(root, locking), at.signed(virtual, other)), 'uint256[]: unequal item')
    await at.play(1, register(at.signed(root, locking)), 'subChannels too short')
    await at.play(60, conclude(root, without), 'ok')
    await at.play(60, register(at.signed(root, locking), at.signed(virtual, right)), 'incorrect phase')
  },
  async 'D12: those who sign V alone raise it in front of each answer'(at) {
    const { root, virtual, without, locking } = hubAndVirtual(at)
    const own = ownRoot(at, virtual, 10n)
    const at1 = (version: bigint) => at.signed(virtual, at.state(virtual, version, [[1n, 9n]]))
    await at.play(0, register(at.signed(root, without)), 'ok')
    for (let round = 0; round < 8; round++) {
      // In one block: the next version of V, then the answer with the version that the hub has just learned.
      await at.play(round * 7, register(at.signed(own.root, own.state), at1(BigInt(round + 2))), 'ok')
      await at.play(round * 7, register(at.signed(root, locking), at1(BigInt(round + 1))), 'invalid version')
    }
    await at.play(60, register(at.signed(root, locking), at1(9n)), 'refutation timeout passed')
    await at.play(60, conclude(root, without), 'ok')
  },
  async 'D12: an old state of a sub-channel is registered and concluded within one block, below a foreign root of duration 0'(
    at,
  ) {
    const { alice, bob } = at
    const root = at.open('root', { members: [alice, bob] })
    const sub = at.open('sub', { members: [alice, bob], kind: 'sub' })
    // The cheater needs nobody for a root of his own, and no money.
    const foreign = at.open('foreign root', { members: [at.hub], duration: 0n })
    const old = at.state(sub, 1n, [[9n, 1n]])
    const newest = at.state(sub, 5n, [[1n, 9n]])
    const rootState = at.state(root, 3n, [[5n, 5n]], { locked: [at.lock(sub, [10n])] })
    const foreignState = at.state(foreign, 0n, [[0n]], { locked: [at.lock(sub, [10n], [0, 0])] })
    await at.play(0, register(at.signed(foreign, foreignState), at.signed(sub, old)), 'ok')
    await at.play(0, conclude(foreign, foreignState, old), 'ok')
    await at.play(0, register(at.signed(root, rootState), at.signed(sub, newest)), 'incorrect phase')
    await at.play(1, register(at.signed(root, rootState), at.signed(sub, old)), 'ok')
    await at.play(61, conclude(root, rootState, old), 'ok')
  },
  async 'D12: a final root that still locks a sub-channel settles with an old state of it'(at) {
    const { alice, bob } = at
    const [holder] = at.addresses.etherHolders
    const root = at.open('root', { members: [alice, bob] })
    const sub = at.open('sub', { members: [alice, bob], kind: 'sub' })
    const old = at.state(sub, 1n, [[9n, 1n]])
    const newest = at.state(sub, 5n, [[1n, 9n]])
    const final = at.state(root, 7n, [[5n, 5n]], { locked: [at.lock(sub, [10n])], isFinal: true })
    await at.play(0, deposit(root, 0, holder, 10n), 'ok')
    await at.play(0, deposit(root, 1, holder, 10n), 'ok')
    // In one block, with time for nobody.
    await at.play(5, register(at.signed(root, final), at.signed(sub, old)), 'ok')
    await at.play(5, conclude(root, final, old), 'ok')
    await at.play(5, register(at.signed(root, final), at.signed(sub, newest)), 'incorrect phase')
    await at.play(5, concludeFinal(at.signed(root, final)), 'has sub-channels')
    await at.play(6, at.withdrawal(root, alice, alice.participant.address, 14n), 'ok')
    await at.play(6, at.withdrawal(root, bob, bob.participant.address, 7n), 'insufficient funds')
  },
  async 'D12: a lock on V that is signed after V was concluded elsewhere can never be registered'(at) {
    const { root, virtual, without, locking } = hubAndVirtual(at)
    const own = ownRoot(at, virtual, 10n, 0n)
    const concluded = at.state(virtual, 9n, [[10n, 0n]])
    const agreed = at.state(virtual, 0n, [[5n, 5n]])
    const raised = at.state(virtual, 10n, [[5n, 5n]])
    await at.play(0, register(at.signed(own.root, own.state), at.signed(virtual, concluded)), 'ok')
    await at.play(0, conclude(own.root, own.state, concluded), 'ok')
    // `disputes(V)` says so from here on. Whoever looks does not sign `locking`.
    await at.play(10, register(at.signed(root, without)), 'ok')
    await at.play(11, register(at.signed(root, locking), at.signed(virtual, agreed)), 'invalid version')
    await at.play(11, register(at.signed(root, locking), at.signed(virtual, raised)), 'incorrect phase')
    await at.play(12, register(at.signed(root, locking), at.signed(virtual, concluded)), 'ok')
  },
  async 'D12: a stranger freezes a ledger channel for good: concluded below a root of his, it is never paid out'(at) {
    const { alice, bob } = at
    const [holder] = at.addresses.etherHolders
    const ledger = at.open('ledger', { members: [alice, bob] })
    const foreign = at.open('foreign root', { members: [at.hub], duration: 0n })
    const old = at.state(ledger, 1n, [[9n, 1n]])
    const newest = at.state(ledger, 5n, [[1n, 9n]])
    const final = at.state(ledger, 6n, [[1n, 9n]], { isFinal: true })
    const locking = at.state(foreign, 0n, [[0n]], { locked: [at.lock(ledger, [10n], [0, 0])] })
    await at.play(0, deposit(ledger, 0, holder, 5n), 'ok')
    await at.play(0, deposit(ledger, 1, holder, 5n), 'ok')
    // Any state that all signed will do, and whoever registers one shows it to everybody.
    await at.play(0, register(at.signed(ledger, old)), 'ok')
    await at.play(1, register(at.signed(foreign, locking), at.signed(ledger, old)), 'ok')
    await at.play(1, conclude(foreign, locking, old), 'ok')
    await at.play(1, register(at.signed(ledger, newest)), 'incorrect phase')
    await at.play(1, concludeFinal(at.signed(ledger, final)), 'concluded already')
    await at.play(61, conclude(ledger, old), 'already concluded')
    await at.play(62, at.withdrawal(ledger, bob, bob.participant.address, 1n), 'channel not settled')
  },
  async 'D12: a final state of V closes its window at once'(at) {
    const { root, virtual, without, locking } = hubAndVirtual(at)
    const own = ownRoot(at, virtual, 10n)
    const final = at.state(virtual, 2n, [[10n, 0n]], { isFinal: true })
    const newer = at.state(virtual, 3n, [[0n, 10n]])
    await at.play(0, register(at.signed(own.root, own.state), at.signed(virtual, final)), 'ok')
    await at.play(0, register(at.signed(root, without)), 'ok')
    await at.play(0, register(at.signed(root, locking), at.signed(virtual, newer)), 'refutation timeout passed')
  },
}
