import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { type AbortOptions, WatcherError } from '@perun-watcher/core'
import type { z } from 'zod'
import type { ChannelLine, Failure, ReloadDone, Status } from './protocol.ts'
import { splitLines } from './split-lines.ts'

/** A running daemon, reached through its control socket. */
export interface ControlClient {
  status(options?: AbortOptions): Promise<Status>
  /** All channels, in no particular order. @throws WatcherError `CONNECTION_LOST` if the answer is cut off. */
  channels(options?: AbortOptions): AsyncIterable<ChannelLine>
  /** Resolves once the copy is on disk. @param path absolute. */
  backup(path: string, options?: AbortOptions): Promise<void>
  /** Makes the daemon reload its configuration. */
  reload(options?: AbortOptions): Promise<ReloadDone>
}

/** The daemon refused. The code may be one that this version does not know. */
class RefusedByDaemon extends Error {
  override readonly name = 'RefusedByDaemon'
  readonly code: string
  /** The same may succeed later. */
  readonly retryable: boolean

  constructor({ code, message, remedy, retryable }: Failure & { readonly retryable: boolean }) {
    super(`${message}\nWhat to do: ${remedy}\nCode: ${code}`)
    this.code = code
    this.retryable = retryable
  }
}

/** The message if no daemon listens on the control socket. */
export function nobodyThere(controlSocket: string): readonly string[] {
  return [
    `No daemon is running: nothing listens on ${controlSocket}.`,
    'What to do: start it with perun-watcher run, or name its --data-directory or --config.',
  ]
}

/** In characters; only the list of channels is longer. */
const longestAnswer = 16 * 1_024 * 1_024
const longestLine = 1_024 * 1_024

/**
 * Connects to the daemon that listens on a control socket; `undefined` if none does.
 *
 * @throws WatcherError `CONNECTION_LOST` if something listens but does not let us in.
 */
export async function findDaemon(socketPath: string, options: AbortOptions = {}): Promise<ControlClient | undefined> {
  if (!(await isListening(socketPath, options))) return undefined
  // Loaded on demand: without a daemon there are no answers to validate, and zod takes longer to load than all the rest.
  return controlClient(socketPath, await import('./protocol.ts'))
}

function isListening(socketPath: string, { signal }: AbortOptions): Promise<boolean> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ENOTSOCK'].includes(error.code ?? '')) resolve(false)
      else reject(lost(socketPath, error))
    })
  })
}

function lost(socketPath: string, error: Error): WatcherError {
  const details = [`Control socket ${socketPath}: ${error.message}.`]
  if ('code' in error && error.code === 'EACCES') details.push('Run this command as the user of the daemon.')
  return new WatcherError('CONNECTION_LOST', 'The daemon does not answer.', { details, cause: error })
}

function controlClient(socketPath: string, schemas: typeof import('./protocol.ts')): ControlClient {
  const { backupDoneSchema, channelLineSchema, endLineSchema, failureSchema, reloadDoneSchema, statusSchema } = schemas

  const odd = (what: string): WatcherError => lost(socketPath, new Error(what))

  async function* pieces(answer: IncomingMessage): AsyncGenerator<string> {
    answer.setEncoding('utf8')
    try {
      for await (const piece of answer) yield String(piece)
    } catch (error) {
      throw lost(socketPath, error instanceof Error ? error : new Error(String(error)))
    }
  }

  async function textOf(answer: IncomingMessage): Promise<string> {
    let text = ''
    for await (const piece of pieces(answer)) {
      text += piece
      if (text.length > longestAnswer) throw odd(`its answer is longer than ${longestAnswer} characters`)
    }
    return text
  }

  function parsed<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> {
    try {
      return schema.parse(JSON.parse(text))
    } catch {
      throw odd('its answer is not understood; use the same version of daemon and command')
    }
  }

  async function ask(
    method: string,
    path: string,
    options: AbortOptions = {},
    body?: object,
  ): Promise<IncomingMessage> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ socketPath, method, path, ...signalOf(options) }, resolve)
      request.once('error', (error) =>
        reject(options.signal?.aborted ? options.signal.reason : lost(socketPath, error)),
      )
      if (body === undefined) request.end()
      else request.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    })
    if (answer.statusCode === 200) return answer
    const { code, message, remedy } = parsed(await textOf(answer), failureSchema)
    throw new RefusedByDaemon({ code, message, remedy, retryable: answer.statusCode === 503 })
  }

  return {
    status: async (options) => parsed(await textOf(await ask('GET', '/status', options)), statusSchema),
    async *channels(options) {
      const answer = await ask('GET', '/channels', options)
      const tooLong = (): Error => odd('a line of its answer does not end')
      for await (const line of splitLines(pieces(answer), longestLine, tooLong)) {
        const channel = channelLineSchema.or(endLineSchema)
        const item = parsed(line, channel)
        if (item.type === 'end') return
        yield item
      }
      throw odd('its answer was cut off')
    },
    async backup(path, options) {
      parsed(await textOf(await ask('POST', '/backup', options, { path })), backupDoneSchema)
    },
    reload: async (options) => parsed(await textOf(await ask('POST', '/reload', options)), reloadDoneSchema),
  }
}

const signalOf = ({ signal }: AbortOptions): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal }
