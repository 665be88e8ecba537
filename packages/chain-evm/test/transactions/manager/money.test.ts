import { type Hex, isWatcherError } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import { parseAddress, rpcRefused } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import type { TransactionManager } from '../../../src/transactions/manager/transaction-manager.ts'
import { type FakeNode, parseFakeTransaction } from '../support/fake-node.ts'
import { managerOptions } from '../support/manager-options.ts'
import { startedManager } from '../support/started-manager.ts'

const gwei = 1_000_000_000n
const ether = 10n ** 18n
const to = parseAddress(`0x${'c0'.repeat(20)}`)
const toWord = (amount: bigint): Hex => `0x${amount.toString(16).padStart(64, '0')}`
const capOfAll = managerOptions.fees.maxFeePerGasCap

/** What a registration is allowed by the margin on the node's estimate. */
const gas = 150_000n

async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve))
}

interface World {
  readonly node: FakeNode
  readonly manager: TransactionManager
  readonly outcome: () => unknown
  /** Mines blocks of 12 seconds that have room for so many transactions. */
  readonly mine: (blocks: number, room: number) => Promise<void>
}

/** One transaction with this many seconds, at a node that was prepared. */
async function sentTo(
  prepare: (node: FakeNode) => void,
  seconds: bigint,
  options: Parameters<typeof startedManager>[0] = {},
): Promise<World> {
  const { node, manager } = await startedManager(options)
  prepare(node)
  node.mine(0)
  await manager.onHead(node.head)
  let outcome: unknown = 'waiting'
  const data: Hex = '0xc0ffee'
  manager.send({ to, data, deadline: node.head.timestamp + seconds }).then(
    () => {
      outcome = 'included'
    },
    (error: unknown) => {
      outcome = isWatcherError(error) ? error.code : error
    },
  )
  await settled()
  return {
    node,
    manager,
    outcome: () => outcome,
    mine: async (blocks, room) => {
      for (let block = 0; block < blocks; block++) {
        node.mine(room)
        await manager.onHead(node.head)
        await settled()
      }
    },
  }
}

const offersOf = ({ node }: World): readonly bigint[] => node.pool.map(({ fees }) => fees.maxFeePerGas)

describe('what a node says of prices', () => {
  it.each([
    ['eth_maxPriorityFeePerGas', () => toQuantity(1_000n * gwei)],
    ['eth_gasPrice', () => toQuantity(1_000_000n * gwei)],
    ['eth_feeHistory', () => ({ baseFeePerGas: ['0xffffffffffff'], gasUsedRatio: [1], reward: [['0xffffffffffff']] })],
  ])('keeps nobody from sending, nor makes it dear: %s', async (method, lie) => {
    const world = await sentTo((node) => {
      node.baseFee = 46_577n
      node.balance = ether / 20n
      node.lies.set(method, lie)
    }, 3_600n)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
    expect(world.node.included().every(({ fees }) => fees.maxPriorityFeePerGas <= 2n * gwei)).toBe(true)
  })

  it('may be missing altogether', async () => {
    const world = await sentTo((node) => {
      for (const method of ['eth_maxPriorityFeePerGas', 'eth_gasPrice', 'eth_feeHistory']) {
        node.lies.set(method, () => {
          throw rpcRefused(method, { code: -32601, message: 'the method does not exist', data: undefined })
        })
      }
    }, 3_600n)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })
})

describe('an account that has little', () => {
  it.each([3_600n, 60n])('sends whatever buys a place, with %d seconds left', async (seconds) => {
    const world = await sentTo((node) => {
      node.baseFee = 20n * gwei
      node.balance = gas * 21n * gwei
    }, seconds)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })

  it('leaves room for a fee that only the node knows of, however late it is', async () => {
    const world = await sentTo((node) => {
      node.balance = ether / 20n
      node.dataFee = ether / 50n
    }, 600n)
    await world.mine(48, 0)
    expect(offersOf(world)).toHaveLength(1)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })

  it('steps down to what the market asks where its first offer is refused for want of funds', async () => {
    const world = await sentTo((node) => {
      node.baseFee = 100n * gwei
      node.balance = gas * 220n * gwei
      node.dataFee = gas * 90n * gwei
    }, 30n)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })

  it.each([
    ['what the chain says', (fee: bigint) => fee, false],
    ['nothing where the chain says nothing', () => 0n, true],
  ])('sets aside for its data %s', async (_, said, isRefused) => {
    const world = await sentTo(
      (node) => {
        node.balance = ether / 50n
        node.dataFee = node.balance / 200n
        node.lies.set('eth_call', () => toWord(said(node.dataFee)))
      },
      120n,
      { takesDataFee: true },
    )
    await world.mine(9, 0)
    const refused = world.node.sent.filter((raw) => {
      const { call, fees } = parseFakeTransaction(raw)
      return call.gas * fees.maxFeePerGas + world.node.dataFee > world.node.balance
    })
    expect(refused.length > 0).toBe(isRefused)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })

  it.each([
    ['absurd', () => toWord(10n ** 60n)],
    ['no number', () => '0x'],
    [
      'refused',
      () => {
        throw rpcRefused('eth_call', { code: 3, message: 'execution reverted', data: undefined })
      },
    ],
  ])('is not kept from sending by a fee for data that is %s', async (_, answer) => {
    const world = await sentTo(
      (node) => {
        node.balance = gas * 2n * gwei
        node.lies.set('eth_call', answer)
      },
      120n,
      { takesDataFee: true },
    )
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })

  it('is told of as underfunded where nothing buys a place', async () => {
    const world = await sentTo((node) => {
      node.balance = gas * gwei
      node.dataFee = gas * gwei
    }, 600n)
    await world.mine(4, 0)
    expect(world.outcome()).toBe('ACCOUNT_UNDERFUNDED')
  })

  it('goes back up once it was refilled', async () => {
    const world = await sentTo((node) => {
      node.balance = ether / 20n
      node.dataFee = ether / 50n
    }, 3_600n)
    await world.mine(275, 0)
    world.node.balance = 100n * ether
    await world.mine(24, 0)
    expect(offersOf(world)).toEqual([capOfAll])
  })
})

describe('a node that lets nobody pay more than some amount', () => {
  it.each([3_600n, 40n])('is offered less, with %d seconds left', async (seconds) => {
    const world = await sentTo((node) => {
      node.baseFee = 10n * gwei
      node.mostCost = gas * 12n * gwei
    }, seconds)
    await world.mine(1, 1)
    expect(world.outcome()).toBe('included')
  })

  it('has a transaction of ours up to the deadline, at no more than half of that amount less', async () => {
    const world = await sentTo((node) => {
      node.mostCost = gas * 40n * gwei
    }, 600n)
    await world.mine(48, 0)
    const [offer = 0n] = offersOf(world)
    expect(offer >= 10n * gwei && offer <= 40n * gwei).toBe(true)
  })
})

describe('a short window', () => {
  it.each([12n, 24n, 36n])('of %d seconds begins with the price of the market', async (seconds) => {
    const world = await sentTo(() => undefined, seconds)
    expect(offersOf(world)).toEqual([3n * gwei])
  })
})
