import type { ChainPlace, KitChannel } from '@perun-watcher/conformance/chain'
import { type ChannelId, WatcherError } from '@perun-watcher/core'
import type { Inclusion, RegistererSubscriber } from '@perun-watcher/core/adapter'
import { type ModelChain, modelChain, registers, type TestChannel, testChannel } from '@perun-watcher/core/testing'

/** Changes a backend on the model; what it replaces, cases shall notice. */
export type ChangeBackend = (backend: RegistererSubscriber, chain: ModelChain) => Partial<RegistererSubscriber>

const refuses = (code: 'CHAIN_MISMATCH' | 'CHAIN_UNREACHABLE'): Pick<RegistererSubscriber, 'probe'> => ({
  async probe() {
    throw new WatcherError(code, 'Not this one.')
  },
})

const sameBackend: ChangeBackend = () => ({})

/**
 * The ledger in memory, and what it does not do of itself: it ends who waits when it is closed, and sends nothing after a
 * deadline.
 */
function fullBackend(chain: ModelChain): RegistererSubscriber {
  let end = (_: Error): void => {}
  const closed = new Promise<never>((_, reject) => {
    end = reject
  })
  closed.catch(() => {})
  const ends = (call: Promise<Inclusion>): Promise<Inclusion> => Promise.race([call, closed])
  return {
    ...chain,
    register: (channel, subChannels, options) => ends(chain.register(channel, subChannels, options)),
    concludeFinal: (channel, options) => ends(chain.concludeFinal(channel, options)),
    async close() {
      end(new WatcherError('WATCHER_CLOSED', 'The ledger is closed.'))
      await chain.close()
    },
  }
}

/** Places on the ledger in memory. */
export function modelPlace(change: ChangeBackend = sameBackend, mismatched: ChangeBackend = change): () => ChainPlace {
  return () => {
    const chain = modelChain()
    chain.faults.send = ({ deadline }) => {
      if (deadline <= chain.now) throw new WatcherError('DEADLINE_PASSED', 'Too late.')
    }
    const channels = new Map<ChannelId, TestChannel>()
    const backend = (own: ChangeBackend = change): RegistererSubscriber => {
      const full = fullBackend(chain)
      return { ...full, ...own(full, chain) }
    }
    const broken = (code: Parameters<typeof refuses>[0], own: ChangeBackend): RegistererSubscriber => {
      const full = { ...fullBackend(chain), ...refuses(code) }
      return { ...full, ...own(full, chain) }
    }

    function open(options: Parameters<ChainPlace['channel']>[0]): KitChannel {
      const channel = testChannel({ duration: options.duration, kind: options.kind ?? 'ledger' })
      channels.set(channel.id, channel)
      return {
        id: channel.id,
        params: channel.params,
        signed: (version, { isFinal = false, locks = [] } = {}) =>
          channel.signed(version, { isFinal, locks: locks.flatMap(({ id }) => channels.get(id) ?? []) }),
      }
    }

    async function height(): Promise<bigint> {
      const [{ id }] = [testChannel()]
      return (await chain.readRecord(id)).block.number
    }

    return {
      backend: () => backend(),
      mismatched: () => broken('CHAIN_MISMATCH', mismatched),
      unreachable: () => broken('CHAIN_UNREACHABLE', mismatched),
      channel: open,
      async register(channel, subChannels = []) {
        chain.mine({ calls: [registers(channel, subChannels)], withPending: false })
      },
      async mine(blocks) {
        for (let count = 0; count < blocks; count++) chain.mine()
      },
      now: async () => chain.now,
      height,
      async reorg(depth) {
        chain.reorg(depth)
      },
      finalityDepth: Number(chain.finalityDepth),
      async [Symbol.asyncDispose]() {},
    }
  }
}
