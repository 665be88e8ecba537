import { describe, expect, it } from 'vitest'
import type { AdjudicatorSubscription } from '../../src/adapter.ts'
import type { Asset } from '../../src/index.ts'
import { parseBytes, WatcherError } from '../../src/index.ts'
import { modelChain, progresses, registers, testChannel } from '../../src/testing/index.ts'
import { signedBy } from '../support/fake-crypto.ts'
import { setup } from '../support/setup.ts'
import { testStore } from '../support/stores.ts'

/** The rest of what is known to be wrong with go-perun's watcher and the subscriptions below it. */
describe('a known weakness', () => {
  it('W18: the timeout decides: what is urgent is answered at once, what can wait waits, what is too late is told', async () => {
    await using s = await setup({ refuteDepth: 3n })
    const [late, urgent, calm] = [60n, 130n, 9000n].map((duration) => testChannel({ duration }))
    if (late === undefined || urgent === undefined || calm === undefined) throw new Error('there are three')
    await s.mine({ calls: [late, urgent, calm].map((channel) => registers(channel.signed(1n))) })
    await s.mine({ seconds: 70n })
    const watch = await s.watch(late.signed(5n))
    await s.watch(urgent.signed(5n))
    await s.watch(calm.signed(5n))
    await s.mine()
    expect(s.chain.dispute(urgent.id)?.version).toBe(5n)
    expect(s.chain.dispute(calm.id)?.version).toBe(1n)
    expect(watch.told).toEqual(['registered 1', 'endangered too-late'])
    for (let block = 0; block < 3; block++) await s.mine()
    expect(s.chain.dispute(calm.id)?.version).toBe(5n)
  })

  // Fees, gas and nonces belong to the chain backend and are tested there, in chain-evm's transactions. Core's part is
  // to say until when a transaction is worth its fee, and to go on whatever becomes of one.
  it('W19: every transaction has a deadline, and a stuck one is neither the last nor silent', async () => {
    const chain = modelChain()
    const deadlines: bigint[] = []
    let isStuck = true
    await using s = await setup({
      chain,
      chainOverrides: {
        register(channel, subChannels, options) {
          deadlines.push(options.deadline)
          if (!isStuck) return chain.register(channel, subChannels, options)
          return new Promise((_, reject) => {
            options.signal?.addEventListener('abort', () => reject(options.signal?.reason))
          })
        },
      },
    })
    const channel = testChannel({ duration: 1000n })
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(1n))] })
    await s.mine({ seconds: 800n })
    expect(watch.told).toEqual(['registered 1', 'endangered late'])
    isStuck = false
    await watch.publish(channel.signed(6n))
    for (let block = 0; block < 3; block++) await s.mine()
    expect(chain.dispute(channel.id)?.version).toBe(6n)
    expect(new Set(deadlines)).toEqual(new Set([chain.dispute(channel.id)?.timeout]))
  })

  it('W20: states are compared by their hash: another one of the same version is not taken for ours', async () => {
    await using s = await setup()
    const child = testChannel({ kind: 'sub', funds: 10n })
    const parent = testChannel()
    const locks = { locks: [child] }
    const watch = await s.watch(parent.signed(1n, locks))
    const childWatch = await s.watch(child.signed(4n), parent)
    const rival = child.signed(4n, { isFinal: true })
    await s.mine({ calls: [registers(parent.signed(1n, locks), [rival])] })
    expect(childWatch.told).toContain('endangered same-version')
    // The tree repeats what is registered, not what has the same number.
    await watch.publish(parent.signed(2n, locks))
    await s.mine()
    expect(s.chain.dispute(parent.id)?.version).toBe(2n)
    expect(s.chain.sent[0]?.subChannels[0]?.state).toEqual(rival.state)
  })

  it('W21: a force-executed channel is told, and a final state still settles it', async () => {
    await using s = await setup()
    const channel = testChannel({ hasApp: true })
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await s.mine({ seconds: 700n, calls: [progresses(channel.signed(5n), channel.signed(6n))] })
    expect(watch.told).toEqual(['registered 5', 'progressed 6'])
    await watch.publish(channel.signed(7n, { isFinal: true }))
    await s.mine()
    expect(s.chain.dispute(channel.id)).toMatchObject({ version: 7n, phase: 'concluded' })
  })

  // One engine serves one ledger; a channel over several ledgers is watched once on each of them.
  it('W22: each ledger is judged by what it holds, and no assets change that', async () => {
    const holder = parseBytes(`0x${'66'.repeat(20)}`)
    const elsewhere: Asset = { chainId: 2n, holder, crossChainHolder: parseBytes('0x') }
    const channel = testChannel()
    const across = (version: bigint) => {
      const { params, state } = channel.signed(version)
      const { assets, balances } = state.outcome
      const both = { assets: [...assets, elsewhere], backends: [1n, 1n], balances: [...balances, [3n, 4n]] }
      const outcome = { ...state.outcome, ...both }
      return signedBy(params, { ...state, outcome })
    }
    await using one = await setup()
    await using two = await setup()
    for (const s of [one, two]) await s.watch(across(5n))
    await one.mine({ calls: [registers(across(1n))] })
    await two.mine({ calls: [registers(across(9n))] })
    for (const s of [one, two]) await s.mine()
    expect(one.chain.dispute(channel.id)?.version).toBe(5n)
    // Our older state would revert there: nothing is sent.
    expect(two.chain.sent).toEqual([])
  })

  it('W23: every change of the record is told, also one to the same or to a lower version', async () => {
    await using s = await setup()
    const channel = testChannel()
    const watch = await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await s.reorg(1)
    await s.mine({ calls: [registers(channel.signed(5n))] })
    await s.reorg(2)
    await s.mine({ calls: [registers(channel.signed(3n))] })
    expect(watch.told).toEqual([
      'registered 5',
      'removed registered 5',
      'registered 5',
      'removed registered 5',
      'registered 3',
    ])
  })

  it('W24: virtual channels are defended through either parent, and through the one that is in dispute', async () => {
    for (const isOursRegistered of [true, false]) {
      await using s = await setup()
      const virtual = testChannel({ kind: 'virtual', funds: 50n })
      const [ours, theirs] = [testChannel(), testChannel()]
      const locks = { locks: [virtual] }
      await s.watch(ours.signed(1n, locks))
      await s.watch(virtual.signed(0n), ours)
      const watch = await s.watch(virtual.signed(8n), ours)
      const attacked = isOursRegistered ? ours : theirs
      await s.mine({ calls: [registers(attacked.signed(1n, locks), [virtual.signed(2n)])] })
      await s.mine()
      expect(s.chain.dispute(virtual.id)?.version).toBe(8n)
      expect(watch.told).toContain('refuted 8')
    }
  })

  // How logs are found and calls decoded is tested in chain-evm. Core's part: to start from its own cursor, to refute
  // without a decoded state, to look anew after a gap, and to believe a log before it is final.
  it('W25: no look-back, no decoding, no lost event and no finality stands between a log and its answer', async () => {
    const chain = modelChain({ finalityDepth: 100n })
    const starts: (bigint | undefined)[] = []
    let isLossy = false
    const subscribe: typeof chain.subscribe = (options): AdjudicatorSubscription => {
      starts.push(options.fromBlock)
      const subscription = chain.subscribe(options)
      async function* steps() {
        for await (const step of subscription) {
          yield isLossy && step.type === 'block' ? { ...step, added: [], gap: true } : step
        }
      }
      return { ...subscription, [Symbol.asyncIterator]: steps }
    }
    const store = testStore()
    await store.commit([{ type: 'putCursor', ledger: chain.ledgerId, blockNumber: 0n }])
    for (let block = 0; block < 150; block++) chain.mine()
    await using s = await setup({ chain, store, chainOverrides: { subscribe } })
    expect(starts).toEqual([1n])
    chain.faults.recoverStates = () => {
      throw new WatcherError('CHAIN_DATA_INVALID', 'not a call that anybody knows')
    }
    const [seen, lost] = [testChannel(), testChannel()]
    for (const channel of [seen, lost]) await s.watch(channel.signed(5n))
    await s.mine({ calls: [registers(seen.signed(1n))] })
    isLossy = true
    await s.mine({ calls: [registers(lost.signed(1n))] })
    await s.mine()
    for (const channel of [seen, lost]) expect(chain.dispute(channel.id)?.version).toBe(5n)
  })
})
