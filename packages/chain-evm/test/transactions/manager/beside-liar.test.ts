import { describe, expect, it } from 'vitest'
import { rpcRefused } from '../../../src/index.ts'
import { toQuantity } from '../../../src/internal.ts'
import { allMined, fateBesideLiar, type Lie, withField } from '../support/beside-liar.ts'
import { type FakeNode, parseFakeTransaction } from '../support/fake-node.ts'

/** Forms that a field has with some node, service or client library. */
const oddForms: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ['missing', () => undefined],
  ['null', () => null],
  ['empty', () => ''],
  ['0x', () => '0x'],
  ['a number', (value) => Number(value)],
  ['true', () => true],
]

const fields = {
  eth_getBlockByNumber: ['hash', 'parentHash', 'number', 'timestamp', 'gasLimit', 'baseFeePerGas'],
  eth_getTransactionReceipt: ['transactionHash', 'blockHash', 'blockNumber', 'status', 'gasUsed'],
}

describe('the first of two endpoints keeps nothing from being mined and told', () => {
  const odd = Object.entries(fields).flatMap(([method, names]) =>
    names.flatMap((name) => oddForms.map(([what, form]) => ({ method, name, what, form }))),
  )
  it.each(odd)('where the $name in $method is $what', async ({ method, name, form }) => {
    expect(await fateBesideLiar({ [method]: withField(name, form) })).toMatchObject(allMined)
  })

  it('where it tells a time at which every window is over', async () => {
    const lie = withField('timestamp', () => '0xffffffff')
    expect(await fateBesideLiar({ eth_getBlockByNumber: lie })).toMatchObject(allMined)
  })

  it('where it has receipts of blocks that are gone', async () => {
    const lie = withField('blockHash', () => `0x${'ab'.repeat(32)}`)
    expect(await fateBesideLiar({ eth_getTransactionReceipt: lie })).toMatchObject(allMined)
  })

  it.each([
    ['the contract would refuse it', 3, 'execution reverted'],
    ['it cannot be paid for', -32_000, 'insufficient funds for transfer'],
  ])('where it says that %s', async (_what, code, message) => {
    const refuse = (): never => {
      throw rpcRefused('eth_estimateGas', { code, message, data: undefined })
    }
    expect(await fateBesideLiar({ eth_estimateGas: refuse })).toMatchObject(allMined)
  })

  it.each(['0x0', '0x1', '0x1000000000'])('where the account has %s wei by its word', async (balance) => {
    const fate = await fateBesideLiar({ eth_getBalance: () => balance })
    expect(fate).toMatchObject(allMined)
    // What others are refused for want of it.
    expect(fate.payable).toBeGreaterThan(1_000n)
  })

  it.each([
    ['none', () => 0n],
    ['one less', (count: bigint) => (count > 0n ? count - 1n : 0n)],
    ['one more', (count: bigint) => count + 1n],
    ['some more', (count: bigint) => count + 3n],
    ['more than a lane holds', (count: bigint) => count + 30n],
    ['an absurd number', () => 2n ** 60n],
  ])('where it counts %s of what the account has sent', async (_what, count) => {
    const lie: Lie = async (honest) => toQuantity(count(BigInt(String(await honest()))))
    expect(await fateBesideLiar({ eth_getTransactionCount: lie })).toMatchObject(allMined)
  })

  const priced = (wei: bigint): Readonly<Record<string, Lie>> => {
    const fee = toQuantity(wei)
    return {
      eth_getBlockByNumber: withField('baseFeePerGas', () => fee),
      eth_gasPrice: () => fee,
      eth_maxPriorityFeePerGas: () => fee,
      eth_feeHistory: () => ({ baseFeePerGas: [fee, fee], gasUsedRatio: [0.5], reward: [[fee]] }),
    }
  }
  it.each([10n ** 9n, 10n ** 12n, 10n ** 15n, 2n ** 200n])(
    'and costs no more than it must, where all prices are %s by its word',
    async (wei) => {
      const fate = await fateBesideLiar(priced(wei))
      expect(fate).toMatchObject(allMined)
      // Base fee and tip are a gwei each.
      expect(fate.dearest).toBeLessThanOrEqual(2n * 10n ** 9n)
    },
  )

  /** Tells of all counts that were true so far, oldest first, a wrong one. */
  const remembering = (tell: (counts: readonly bigint[]) => bigint | undefined): Lie => {
    const counts: bigint[] = []
    return async (honest) => {
      counts.push(BigInt(String(await honest())))
      return toQuantity(tell(counts) ?? counts[0] ?? 0n)
    }
  }
  const less = (by: bigint): Lie =>
    remembering(([first = 0n, ...later]) => {
      const last = later.at(-1) ?? first
      return last - by > first ? last - by : first
    })
  it.each([
    ['stands still', remembering(([first]) => first)],
    ['is some looks old', remembering((counts) => counts.at(-4))],
    ['is many looks old', remembering((counts) => counts.at(-20))],
    ['lags by one', less(1n)],
    ['lags by many', less(3n)],
  ] satisfies readonly (readonly [string, Lie])[])('nor late, where its count of nonces %s', async (_what, lie) => {
    // What it takes for unspent it takes, too.
    const takes: Lie = async (honest, [raw]) =>
      await Promise.resolve(honest()).catch(() => parseFakeTransaction(raw).hash)
    const fate = await fateBesideLiar({ eth_getTransactionCount: lie, eth_sendRawTransaction: takes })
    expect(fate).toMatchObject(allMined)
    // Whoever sees the call's effect on the chain does not wait much longer for its transaction.
    expect(fate.slowest).toBeLessThanOrEqual(4)
  })

  const fewer = (by: bigint): Lie => {
    return async (honest) => {
      const count = BigInt(String(await honest()))
      return toQuantity(count > by ? count - by : 0n)
    }
  }
  const takesAll: Lie = async (_honest, [raw]) => parseFakeTransaction(raw).hash
  it.each([1n, 2n, 3n])('where it counts %s too few for good, and takes what is spent', async (by) => {
    const lies = { eth_getTransactionCount: fewer(by), eth_sendRawTransaction: takesAll }
    const fate = await fateBesideLiar(lies)
    expect(fate).toMatchObject(allMined)
    expect(fate.slowest).toBeLessThanOrEqual(6)
  })

  const gwei = 10n ** 9n
  const limits: readonly (readonly [string, (node: FakeNode) => void])[] = [
    [
      'lets nobody pay so much',
      (node) => {
        node.mostCost = 100_000n * 2n * gwei
      },
    ],
    [
      'takes much for data',
      (node) => {
        node.dataFee = node.balance - 100_000n * 2n * gwei
      },
    ],
  ]
  it.each(limits)('where it forwards nothing that it takes, and the honest one %s', async (_what, prepare) => {
    const fate = await fateBesideLiar({ eth_sendRawTransaction: takesAll }, { prepare })
    expect(fate).toMatchObject(allMined)
    expect(fate.slowest).toBeLessThanOrEqual(2)
  })

  it.each(limits)(
    'where it estimates far more gas than a call takes, and the honest one %s',
    async (_what, prepare) => {
      const lies = { eth_estimateGas: () => toQuantity(2n ** 24n), eth_sendRawTransaction: takesAll }
      expect(await fateBesideLiar(lies, { prepare })).toMatchObject(allMined)
    },
  )

  it.each(limits)('where it wants more for everything, and the honest one %s', async (_what, prepare) => {
    for (const message of ['transaction underpriced', 'replacement transaction underpriced']) {
      const refuse = (): never => {
        throw rpcRefused('eth_sendRawTransaction', { code: -32_000, message, data: undefined })
      }
      expect(await fateBesideLiar({ eth_sendRawTransaction: refuse }, { prepare })).toMatchObject(allMined)
    }
  })

  it.each(['insufficient funds for gas * price + value', 'tx fee (1 ether) exceeds the configured cap (0 ether)'])(
    'nor are offers made without end, where the second one says to all of them: %s',
    async (message) => {
      const refuse = (): never => {
        throw rpcRefused('eth_sendRawTransaction', { code: -32_000, message, data: undefined })
      }
      const scene = { isLiarSecond: true, roomIn: (block: number) => (block % 8 === 7 ? 4 : 0) }
      const fate = await fateBesideLiar({ eth_sendRawTransaction: refuse }, scene)
      expect(fate).toMatchObject(allMined)
      expect(fate.spent).toBe(20)
      expect(fate.signed).toBeLessThanOrEqual(20 * 12)
    },
  )

  it('where it counts one too few for good, and tells receipts of something else', async () => {
    const other = withField('transactionHash', () => `0x${'cd'.repeat(32)}`)
    const lies = { eth_getTransactionCount: fewer(1n), eth_getTransactionReceipt: other }
    expect(await fateBesideLiar({ ...lies, eth_sendRawTransaction: takesAll })).toMatchObject(allMined)
  })

  it('where it counts nothing of what an earlier run is known to have spent, and takes it', async () => {
    const lies = { eth_getTransactionCount: fewer(2n ** 60n), eth_sendRawTransaction: takesAll }
    const fate = await fateBesideLiar(lies, { isRemembered: true })
    expect(fate).toMatchObject(allMined)
    expect(fate.slowest).toBeLessThanOrEqual(2)
  })

  it.each([1n, 2n, 4n, 20n])(
    'nor wastes much, where the second one counts %s too many while blocks are full',
    async (by) => {
      const more: Lie = async (honest) => toQuantity(BigInt(String(await honest())) + by)
      const roomIn = (block: number): number => (block % 8 === 7 ? 4 : 0)
      const fate = await fateBesideLiar({ eth_getTransactionCount: more }, { isLiarSecond: true, roomIn })
      expect(fate).toMatchObject(allMined)
      expect(fate.spent).toBeLessThanOrEqual(30)
    },
  )

  it.each(['0x0', '0x1'])(
    'where it has receipts with status %s of what waits while blocks are full',
    async (status) => {
      const first = `0x${'1'.padStart(64, '0')}`
      const invent: Lie = (_honest, [transactionHash]) => ({
        transactionHash,
        blockHash: first,
        blockNumber: '0x0',
        status,
        gasUsed: '0x1',
      })
      const roomIn = (block: number): number => (block % 6 === 5 ? 8 : 0)
      const fate = await fateBesideLiar({ eth_getTransactionReceipt: invent }, { roomIn })
      expect(fate).toMatchObject(allMined)
      expect(fate.tooSoon).toBe(0)
    },
  )

  it('where every transaction failed by its word', async () => {
    expect(await fateBesideLiar({ eth_getTransactionReceipt: withField('status', () => '0x0') })).toMatchObject(
      allMined,
    )
  })
})
