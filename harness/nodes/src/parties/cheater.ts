import { parseAddress } from '@perun-watcher/chain-evm'
import { v1 } from '@perun-watcher/chain-evm/internal'
import type { ChannelId, Hex, SignedState } from '@perun-watcher/core'
import type { Scheduler } from '@perun-watcher/simulation/scheduler'
import type { Chain } from '../truth/chain.ts'
import { adjudicatorAddress } from '../truth/contract.ts'
import { hashOf } from '../truth/hash.ts'
import type { Move, Transaction } from '../truth/transaction.ts'
import type { Channel } from './channel.ts'

/** Builds blocks: pays nothing, and is served first. */
export const cheaterAccount = parseAddress(`0x${'c4'.repeat(20)}`)

/** Registers old states, and concludes as soon as the contract lets it. */
export interface Cheater {
  /** Registers a state. */
  register(signed: SignedState): void
  /** What it registered so far of a channel, however often a reorg took it back. */
  registrations(id: ChannelId): number
  /** Looks at the chain: sends again what a reorg took back, concludes what can be concluded. */
  onBlock(): void
}

export interface CheaterDeps {
  readonly time: Scheduler
  readonly chain: Chain
  readonly channels: readonly Channel[]
  readonly say: (line: string) => void
}

export function cheater({ time, chain, channels, say }: CheaterDeps): Cheater {
  let sent = 0
  const registered = new Map<ChannelId, number>()
  const concluding = new Map<ChannelId, Hex>()

  function send(data: Hex, move: Move | undefined): Transaction {
    sent += 1
    const transaction: Transaction = {
      hash: hashOf(`cheater ${sent} ${time.now}`),
      raw: '0x',
      from: cheaterAccount,
      nonce: 0n,
      to: adjudicatorAddress,
      data,
      // As much as it takes, and not so much that a holder that burns it fills the block.
      gas: 1_000_000n,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      move,
    }
    chain.submit(transaction)
    return transaction
  }

  function conclude({ id, params, states }: Channel): void {
    const record = chain.head.disputes.get(id)
    const waiting = concluding.get(id)
    if (record === undefined || record.phase !== 'dispute' || chain.head.timestamp < record.timeout) return
    if (waiting !== undefined && chain.pool.has(waiting)) return
    const state = states.find((each) => each.state.version === record.version)?.state
    if (state === undefined) return
    say(`the cheater concludes ${id.slice(2, 8)}@${record.version}`)
    const move: Move = (adjudicator, before, now) => adjudicator.conclude(before, { params, state }, [], now)
    concluding.set(id, send('0xe7c01d05', move).hash)
  }

  return {
    register(signed) {
      const { channelId, version } = signed.state
      say(`the cheater registers ${channelId.slice(2, 8)}@${version}`)
      registered.set(channelId, (registered.get(channelId) ?? 0) + 1)
      send(v1.encodeRegister(signed, []), undefined)
    },
    registrations: (id) => registered.get(id) ?? 0,
    onBlock() {
      for (const each of channels) conclude(each)
    },
  }
}
