import { type LogFields, type Logger, parseClientName } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { type Setup, setup } from '../../../core/test/support/setup.ts'
import {
  type MemoryTransport,
  type MemoryTransportOptions,
  memoryTransport,
  type ServedEngine,
  type ServeOptions,
  serveWatcher,
  type WatcherServer,
} from '../../src/index.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { type WireClient, wireClient } from './wire-client.ts'

export interface LogLine {
  readonly level: 'debug' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields | undefined
}

export interface Served extends AsyncDisposable {
  readonly world: Setup
  readonly transport: MemoryTransport
  readonly server: WatcherServer
  readonly clock: ManualClock
  readonly lines: readonly LogLine[]
  /** A connection on which nothing was said yet. */
  connect(client?: string): Promise<WireClient>
  /** A connection after the handshake. */
  join(client?: string): Promise<WireClient>
}

export interface ServedOptions extends Partial<ServeOptions> {
  readonly world?: Setup
  readonly transport?: MemoryTransportOptions
  /** What the server sees instead of the whole engine. */
  readonly engineOverrides?: Partial<ServedEngine>
}

/** A real engine above the ledger in memory, served to clients in this process. */
export async function served(options: ServedOptions = {}): Promise<Served> {
  const world = options.world ?? (await setup())
  const transport = memoryTransport(options.transport)
  const clock = manualClock()
  const lines: LogLine[] = []
  const logger: Logger = {
    ...silentLogger,
    debug: (message, fields) => void lines.push({ level: 'debug', message, fields }),
    warn: (message, fields) => void lines.push({ level: 'warn', message, fields }),
    error: (message, fields) => void lines.push({ level: 'error', message, fields }),
  }
  const engine = { ...world.engine, ...options.engineOverrides }
  const server = serveWatcher(engine, transport.accepted, { ledgerId: 'model:1', clock, logger, ...options })

  async function connect(client = 'alice'): Promise<WireClient> {
    const connector = transport.connect(parseClientName(client))
    return wireClient(await connector({ signal: new AbortController().signal }))
  }

  return {
    world,
    transport,
    server,
    clock,
    lines,
    connect,
    async join(client) {
      const joined = await connect(client)
      await joined.hello()
      return joined
    },
    async [Symbol.asyncDispose]() {
      transport.cut()
      transport.close()
      await server.close({ signal: AbortSignal.abort() }).catch(() => {})
      await world[Symbol.asyncDispose]()
    },
  }
}
