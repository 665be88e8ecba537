import { signatureEngine } from '@perun-watcher/chain-evm'
import { watcherEngine } from '@perun-watcher/core'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { ed25519ReceiptIssuer, quotaKeeper, serveWatcher, type WatcherServerStats } from '@perun-watcher/protocol'
import { type CommitStatistics, lmdbStore } from '@perun-watcher/store-lmdb'
import { generateCurveKeys, zmqServer } from '@perun-watcher/transport-zmq'
import { benchBackend } from './bench-backend.ts'
import { quietNode } from './quiet-node.ts'

/** How clients get to a watcher. */
export interface ServerAddress {
  readonly endpoint: string
  /** CURVE, Z85. */
  readonly publicKey: string
}

/** A watcher that is reached over ZeroMQ with CURVE, put together as the daemon does it, without its metrics. */
export interface ServedWatcher extends AsyncDisposable {
  readonly address: ServerAddress
  readonly stats: WatcherServerStats
  readonly commits: CommitStatistics
}

/** As the daemon does where there are two cores or more. */
const signatureThreads = 1

/** Far above what any client does here, so that no quota is the limit; they are checked all the same. */
const quotas = { each: { publishesPerSecond: 1_000_000, publishBurst: 1_000_000 } }

export async function servedWatcher(path: string, hasReceipts: boolean): Promise<ServedWatcher> {
  if (signatureEngine() !== 'native') throw new Error('There is no native signature engine on this machine.')
  const clock = systemClock
  const store = lmdbStore({ path })
  const chain = benchBackend(quietNode(), store, signatureThreads)
  const { ledgerId, stateHash } = chain
  const engine = watcherEngine({ chain, store, clock, random: systemRandom })
  await engine.start()
  const curve = generateCurveKeys()
  const transport = await zmqServer({
    endpoints: 'tcp://127.0.0.1:*',
    security: { curve, authorise: () => true },
    clock,
  })
  const keeper = quotaKeeper({ engine, quotas, clock })
  const receipts = ed25519ReceiptIssuer({
    seed: new Uint8Array(32).fill(7),
    ledgerId,
    stateHash,
    secondsSince1970: () => Math.floor(Date.now() / 1_000),
  })
  const server = serveWatcher(keeper, transport, {
    ledgerId,
    clock,
    admitConnection: keeper.admitConnection,
    receipts: hasReceipts ? receipts : undefined,
  })
  const [endpoint = ''] = transport.endpoints
  return {
    address: { endpoint, publicKey: curve.publicKey },
    get stats() {
      return server.stats
    },
    get commits() {
      return store.statistics()
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await transport.close()
      await engine.shutdown()
    },
  }
}
