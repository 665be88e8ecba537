import { type EvmClient, parseAddress, rpcRefused } from '@perun-watcher/chain-evm'
import { silentLogger } from '@perun-watcher/core/adapter'
import { expect, test } from 'vitest'
import { endpointCrossCheck } from '../../../src/observe/cross-check/cross-check.ts'

const word = (n: number): string => n.toString(16).padStart(64, '0')
const hex = (n: number): string => `0x${n.toString(16)}`
const head = 2_000

interface NodeOptions {
  /** Blocks that it takes in one query. */
  readonly most?: number
  readonly logs?: readonly object[]
}

function node({ most = 10_000, logs = [] }: NodeOptions): EvmClient & { isDead: boolean } {
  return {
    isDead: false,
    async request(method, [asked]) {
      if (this.isDead) throw new Error('no answer')
      if (method === 'eth_getBlockByNumber') {
        const number = asked === 'latest' ? head : Number(asked)
        return {
          number: hex(number),
          hash: `0x${word(number)}`,
          parentHash: `0x${word(number - 1)}`,
          timestamp: hex(number),
        }
      }
      const { fromBlock, toBlock } = asked as Record<string, string>
      if (Number(toBlock) - Number(fromBlock) + 1 > most) {
        throw rpcRefused(method, {
          code: -32_000,
          message: `eth_getLogs is limited to a ${most} range`,
          data: undefined,
        })
      }
      return logs
    },
  }
}

function checking(...clients: readonly EvmClient[]) {
  const told: string[] = []
  const tell = (message: string): void => void told.push(message)
  const check = endpointCrossCheck({
    endpoints: clients.map((client, index) => ({ name: `${index}`, client })),
    adjudicator: parseAddress(`0x${'ad'.repeat(20)}`),
    maxLagSeconds: 60,
    clock: { now: () => 0, sleep: async () => {} },
    logger: { ...silentLogger, info: tell, warn: tell, error: tell },
  })
  return { check, told }
}

test.each([400, 10, 1])('endpoints are compared that take %d blocks per query', async (most) => {
  const { check } = checking(node({}), node({ most, logs: [{ logIndex: '0x0' }] }))
  for (let looks = 0; looks < 15 && check.disagreements.length === 0; looks++) await check.look()
  expect(check.disagreements).toHaveLength(1)
})

test('that nothing can be compared is told once, and once that it can again', async () => {
  const second = node({})
  const { check, told } = checking(node({}), second)
  await check.look()
  second.isDead = true
  for (let looks = 0; looks < 30; looks++) await check.look()
  expect(told).toEqual(['The RPC endpoints cannot be compared: fewer than two answer'])
  second.isDead = false
  for (let looks = 0; looks < 3; looks++) await check.look()
  expect(told.slice(1)).toEqual(['The RPC endpoints can be compared again'])
})
