import type { RegistererSubscriber } from '../../src/adapter.ts'
import { type Clock, WatcherError } from '../../src/index.ts'
import { type ModelChain, registers } from '../../src/testing/index.ts'
import { ModelRevert } from '../../src/testing/model-revert.ts'

/** A ledger that makes a block for each transaction at once, and no other: its next block has the time of the clock. */
export function automine(chain: ModelChain, clock: Pick<Clock, 'now'>): Pick<RegistererSubscriber, 'register'> {
  const began = chain.now
  return {
    async register(channel, subChannels, { onSent }) {
      const seconds = began + BigInt(Math.floor(clock.now() / 1_000)) - chain.now
      try {
        chain.mine({ seconds: seconds > 0n ? seconds : 1n, calls: [registers(channel, subChannels)] })
      } catch (error) {
        if (!(error instanceof ModelRevert)) throw error
        throw new WatcherError('REGISTER_REVERTED', 'The adjudicator refused the call.', { details: [error.message] })
      }
      onSent?.()
      const { block } = await chain.readRecord(channel.state.channelId)
      const [log] = (await chain.findRegistrations(channel.state.channelId)).logs
      if (log === undefined) throw new Error('It was registered.')
      return { block, transactionHash: log.transactionHash }
    },
  }
}
