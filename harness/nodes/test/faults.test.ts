import { parseBytes } from '@perun-watcher/core'
import { dice } from '@perun-watcher/harness-kit/dice'
import { scheduler } from '@perun-watcher/simulation/scheduler'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../src/endpoint/answer.ts'
import { endpoint } from '../src/endpoint/endpoint.ts'
import { type FaultKind, faultKinds } from '../src/faults/kinds.ts'
import { channel } from '../src/parties/channel.ts'
import { cheater } from '../src/parties/cheater.ts'
import { smallWorld } from './support/small-world.ts'

/** Asks an endpoint with one fault for everything, and says whether the fault had a part in any answer. */
async function isMet(kind: FaultKind): Promise<boolean> {
  const world = smallWorld()
  const { chain, contract, market, notary, rules } = world
  const time = scheduler()
  const holder = channel(notary, { nonce: 1n, durationSeconds: 600n, holder: notaryHolder })
  const other = cheater({ time, chain, channels: [holder], say: () => {} })
  let isAltered = false
  const faulty = endpoint(
    {
      name: kind,
      faults: [{ kind, spell: undefined }],
      roundTripMs: 0,
      lagMs: 0,
      announces: false,
      takesCode: 'nothing',
    },
    {
      chain,
      contract,
      market,
      rules,
      now: () => world.nowMs,
      pause: async (ms) => world.wait(ms),
      blockMs: 12_000,
      dice: dice(3),
      onFault: () => {
        isAltered = true
      },
      onAnswer: () => {},
    },
  )
  const ask = (method: string, ...params: readonly unknown[]): Promise<Answer> => faulty.respond({ method, params })

  const raw = await world.signed({})
  await ask('eth_sendRawTransaction', raw)
  for (let block = 0; block < 120; block++) {
    if (block < 8) {
      other.register(holder.newest)
      for (let count = 0; count < 4; count++) {
        const stranger = channel(notary, {
          nonce: BigInt(10 + 4 * block + count),
          durationSeconds: 600n,
          holder: notaryHolder,
        })
        other.register(stranger.newest)
      }
    }
    world.wait(12_000)
    chain.mine()
    const { hash } = chain.head
    const filter = { address: undefined, topics: [] }
    await ask('eth_getBlockByNumber', 'latest', false)
    await ask('eth_getBlockByHash', hash, false)
    await ask('eth_getLogs', { ...filter, blockHash: hash })
    await ask('eth_call', { to: `0x${'ad'.repeat(20)}`, data: `0x11be1997${'00'.repeat(32)}` }, { blockHash: hash })
  }
  await ask('eth_getLogs', { topics: [], fromBlock: '0x0', toBlock: '0x78' })
  const [included] = chain.at(chain.head, 1)?.included.filter(({ transaction }) => transaction.raw === raw) ?? []
  for (let count = 0; count < 8; count++) {
    await ask('eth_getTransactionReceipt', included?.transaction.hash ?? '0x')
    await ask('eth_getTransactionCount', `0x${'0a'.repeat(20)}`, 'latest')
    await ask('eth_getBalance', `0x${'0a'.repeat(20)}`, 'latest')
    await ask('eth_maxPriorityFeePerGas')
    await ask('eth_gasPrice')
    await ask('eth_feeHistory', '0x4', 'latest', [50])
    await ask('eth_estimateGas', { to: `0x${'0a'.repeat(20)}`, data: '0x' }, 'latest')
  }
  return isAltered
}

const notaryHolder = parseBytes(`0x${'55'.repeat(20)}`)

/** Show only on what has just happened. */
const fleeting: readonly FaultKind[] = ['lateReceipts']

describe('a faulty endpoint', () => {
  it.each(faultKinds.filter((kind) => !fleeting.includes(kind)))('does what it is said to: %s', async (kind) => {
    expect(await isMet(kind)).toBe(true)
  })
})
