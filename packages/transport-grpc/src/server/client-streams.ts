import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js'
import { type ClientName, type Clock, isWatcherError, type Logger, WatcherError } from '@perun-watcher/core'
import { type AcceptedConnection, receiveLimiter } from '@perun-watcher/protocol/adapter'
import type { GrpcServerLimits } from '../settings/limits.ts'
import { metadataKeys } from '../stream/metadata-keys.ts'
import { longestOf } from '../stream/method.ts'
import { statusFor } from '../stream/status.ts'
import { lost, type StreamConnection, type StreamEnd, streamConnection } from '../stream/stream-connection.ts'
import type { CallContext } from './call-admission.ts'
import type { Line, Lines } from './lines.ts'
import { countRefusal, type GrpcServerStats } from './server-stats.ts'

type ClientCall = ServerDuplexStream<Buffer, Buffer>

interface ClientStreamsOptions {
  readonly limits: GrpcServerLimits
  readonly clock: Clock
  readonly logger: Logger
  readonly stats: GrpcServerStats
  readonly lines: Lines
  readonly contextOf: (headers: Metadata) => CallContext | undefined
  /** Authenticates a client; throws a WatcherError to refuse it. */
  readonly identify: (headers: Metadata, line: Line) => ClientName
  readonly onAccepted: (connection: AcceptedConnection) => void
}

export interface ClientStreams {
  /** Handles a call of a client. */
  handle(call: ClientCall): void
  /** Ends a connection from this side, with the reason. */
  refuse(stream: StreamConnection, reason: WatcherError): void
}

/** The connections of clients: each is one call on a line of its own. */
export function clientStreams(options: ClientStreamsOptions): ClientStreams {
  const { limits, clock, logger, stats, lines, contextOf, identify, onAccepted } = options

  function note(reason: WatcherError): void {
    countRefusal(stats, reason.code)
    if (reason.code === 'CONNECTION_REFUSED') stats.unauthorised += 1
    logger.debug('A gRPC connection was ended', { code: reason.code, reason: reason.shortMessage })
  }

  function refuse(stream: StreamConnection, reason: WatcherError): void {
    note(reason)
    stream.end(reason)
  }

  /** @throws WatcherError why the connection must not be opened */
  function admit(headers: Metadata, line: Line): ClientName {
    if (line.opened !== undefined) {
      throw new WatcherError('OVERLOADED', 'There is a connection on this socket already; use another channel.')
    }
    const client = identify(headers, line)
    if (lines.connectionsOf(client) >= limits.maxConnectionsPerClient) {
      throw new WatcherError('OVERLOADED', 'The client has too many connections.')
    }
    if (stats.connections >= limits.maxConnections) {
      throw new WatcherError('OVERLOADED', 'The watcher has too many connections.')
    }
    return client
  }

  function open(call: ClientCall, { gate, line }: CallContext & { readonly line: Line }, client: ClientName): void {
    const onOverflow = (): void => refuse(stream, new WatcherError('OVERLOADED', 'Too much waits to be read.'))
    const limiter = receiveLimiter({ limits, clock, totals: stats, onOverflow })

    function onOver({ reason }: StreamEnd): void {
      // Only its own: the client may have opened another one since.
      if (line.opened?.stream === stream) lines.end(line, clock.now())
      if (reason === undefined) call.end()
      else endWith(call, reason)
    }

    const longestOut = longestOf(call.metadata)
    const stream = streamConnection({ writer: call, gate, longestOut, limiter, onOver })
    lines.open(line, client, stream, clock.now())
    call.on('data', (message: Buffer) => {
      if (line.opened !== undefined) line.opened.lastHeard = clock.now()
      stream.deliver(message)
    })
    call.on('drain', stream.drained)
    call.on('end', () => {
      // Node.js says so of a broken call as well. Asked for anything, gRPC notices that it is closed; headers go out once only.
      call.sendMetadata(new Metadata())
      process.nextTick(() => {
        if (!call.cancelled) stream.lose()
      })
    })
    call.on('cancelled', () => stream.lose(lost('The client is gone, or sent what gRPC refuses.')))
    const answer = new Metadata()
    answer.set(metadataKeys.maxMessageBytes, String(limits.maxMessageBytes))
    answer.set(metadataKeys.acceptEncoding, 'identity')
    call.sendMetadata(answer)
    onAccepted({ connection: stream.connection, client, remote: line.remote })
  }

  return {
    handle(call) {
      // Whatever ends a call is told in another way as well.
      call.on('error', () => {})
      const context = contextOf(call.metadata)
      if (context?.line === undefined) return endWith(call, lost('The client is gone.'))
      const { gate, line } = context
      try {
        open(call, { gate, line }, admit(call.metadata, line))
      } catch (error) {
        if (!isWatcherError(error)) logger.error('Deciding whether a client may connect failed', {}, error)
        const reason = isWatcherError(error) ? error : new WatcherError('SERVER_FAILED', 'The watcher failed.')
        note(reason)
        endWith(call, reason)
      }
    },
    refuse,
  }
}

function endWith(call: ClientCall, reason: WatcherError): void {
  call.emit('error', statusFor(reason))
}
