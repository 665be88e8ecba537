import { type Address, parseAddress, type UnsignedTransaction } from '@perun-watcher/chain-evm'
import type { Hex } from '@perun-watcher/core'
import { dice } from '@perun-watcher/harness-kit/dice'
import { drawPlan } from '../../src/run/plan.ts'
import { openWorld, type World } from '../../src/run/world.ts'
import { simSigner } from '../../src/truth/transaction.ts'

export const account: Address = parseAddress(`0x${'0a'.repeat(20)}`)
export const gwei = 1_000_000_000n

export interface SmallWorld extends World {
  /** Lets time pass. */
  wait(ms: number): void
  readonly nowMs: number
  signed(fields: Partial<UnsignedTransaction>): Promise<Hex>
}

/** A quiet chain without anybody on it, whose time the test moves. */
export function smallWorld(): SmallWorld {
  let nowMs = 0
  const chances = dice(1)
  const plan = drawPlan(chances, 'calm', { tempo: 'ethereum' })
  const world = openWorld(chances, { plan, accounts: [account], now: () => nowMs })
  return {
    ...world,
    get nowMs() {
      return nowMs
    },
    wait(ms) {
      nowMs += ms
    },
    signed: (fields) =>
      simSigner(account).signTransaction({
        chainId: world.chainId,
        nonce: 0n,
        to: account,
        value: 0n,
        data: '0x',
        gas: 21_000n,
        maxFeePerGas: 100n * gwei,
        maxPriorityFeePerGas: gwei,
        ...fields,
      }),
  }
}
