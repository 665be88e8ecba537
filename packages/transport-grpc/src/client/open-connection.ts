import { type Client, type ClientDuplexStream, InterceptingCall, type Metadata, type StatusObject } from '@grpc/grpc-js'
import { type Clock, isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import type { Connection } from '@perun-watcher/protocol/adapter'
import { connectPath, longestOf } from '../stream/method.ts'
import { type ReadGate, readGate } from '../stream/read-gate.ts'
import { errorFor } from '../stream/status.ts'
import { type StreamConnection, type StreamEnd, streamConnection } from '../stream/stream-connection.ts'

interface OpenConnectionOptions {
  readonly client: Client
  readonly metadata: Metadata
  /** For messages of errors. */
  readonly address: string
  /** Why the handshake failed, as far as it is known. */
  readonly whyNot: () => unknown
  readonly clock: Clock
  /** Aborted if nobody waits for the connection any more; never after it was handed out. */
  readonly signal: AbortSignal
}

/** How long the watcher may take to answer the end of a connection before the call is cancelled. */
const goodbyeMs = 5_000

class GatedCall extends InterceptingCall {
  readonly #gate: ReadGate

  constructor(next: ConstructorParameters<typeof InterceptingCall>[0], gate: ReadGate) {
    super(next)
    this.#gate = gate
  }

  override startRead(): void {
    this.#gate.request(() => super.startRead())
  }
}

/** Opens the one call of a client. Ends its client with the connection. */
export function openConnection(options: OpenConnectionOptions): Promise<Connection> {
  const { client, metadata, address, whyNot, clock, signal } = options
  const gate = readGate()
  const bytes = (message: Buffer): Buffer => message
  const call: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(connectPath, bytes, bytes, metadata, {
    interceptors: [(options, next) => new GatedCall(next(options), gate)],
  })
  const ended = new AbortController()
  let opened: StreamConnection | undefined

  function release(): void {
    ended.abort()
    client.close()
  }

  async function sayGoodbye(): Promise<void> {
    call.end()
    await clock.sleep(goodbyeMs, { signal: ended.signal }).catch(() => {})
    if (!ended.signal.aborted) call.cancel()
  }

  function onOver({ by, reason }: StreamEnd): void {
    if (by === 'here' && reason === undefined) void sayGoodbye()
    else call.cancel()
  }

  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => call.cancel(), { once: true })
    call.on('metadata', (headers: Metadata) => {
      opened = streamConnection({ writer: call, gate, longestOut: longestOf(headers), onOver })
      call.on('data', opened.deliver)
      call.on('drain', opened.drained)
      resolve(opened.connection)
    })
    // Told as a status as well.
    call.on('error', () => {})
    call.on('status', (final: StatusObject) => {
      const reason = errorFor(final, address)
      opened?.lose(reason)
      release()
      reject(failureOf(reason, whyNot()))
    })
  })
}

/** What the caller of a connector hears. */
function failureOf(reason: WatcherError | undefined, cause: unknown): WatcherError {
  if (reason === undefined) return new WatcherError('CONNECTION_LOST', 'The watcher ended the connection at once.')
  if (isWatcherError(cause)) return cause
  if (cause === undefined || reason.code !== 'CONNECTION_LOST') return reason
  return new WatcherError('CONNECTION_LOST', 'There is no encrypted connection to the watcher.', {
    details: [...reason.details.slice(0, 1), toError(cause).message],
    cause,
  })
}
