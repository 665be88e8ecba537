import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { type ChannelStatus, type Clock, type Logger, WatcherError } from '@perun-watcher/core'
import { readJson } from '../http/read-json.ts'
import { type Route, sendJson } from '../http/serve-http.ts'
import { type DaemonState, statusOf } from '../run/daemon-state.ts'
import { backupRequestSchema, type ChannelLine, type EndLine } from './protocol.ts'

export interface ControlDeps {
  readonly state: DaemonState
  readonly clock: Clock
  readonly logger: Logger
}

/** What the commands of this program ask of a running daemon; see `protocol.ts`. */
export function controlRoutes({ state, clock, logger }: ControlDeps): ReadonlyMap<string, Route> {
  let isBackingUp = false

  const backup: Route = async (request, response) => {
    const { path } = await readJson(request, backupRequestSchema)
    if (state.tower === undefined || state.phase !== 'running') throw notRunning(state)
    if (isBackingUp) throw new WatcherError('OVERLOADED', 'Another backup is being made.')
    isBackingUp = true
    try {
      await state.tower.backup(path)
    } finally {
      isBackingUp = false
    }
    logger.info('Made a backup', { path })
    sendJson(response, 200, { path })
  }

  return new Map<string, Route>([
    ['GET /status', async (_, response) => sendJson(response, 200, statusOf(state, clock))],
    [
      'GET /channels',
      async (_, response) => {
        if (state.tower === undefined || state.phase !== 'running') throw notRunning(state)
        await sendLines(response, channelLines(state.tower.engine.channels()))
      },
    ],
    ['POST /backup', backup],
  ])
}

function notRunning({ phase }: DaemonState): WatcherError {
  return new WatcherError('OVERLOADED', 'The daemon does not guard channels at the moment.', {
    details: [`It is ${phase}.`],
  })
}

function* channelLines(channels: Iterable<ChannelStatus>): Generator<ChannelLine | EndLine> {
  let count = 0
  for (const { record, deadline, parents, clients, version, ...rest } of channels) {
    count += 1
    yield {
      type: 'channel',
      ...rest,
      parents: [...parents],
      clients: [...clients],
      version: `${version}`,
      ...(deadline === undefined ? {} : { deadline: `${deadline}` }),
      ...(record === undefined
        ? {}
        : { record: { version: `${record.version}`, phase: record.phase, timeout: `${record.timeout}` } }),
    }
  }
  yield { type: 'end', channels: count }
}

/** No more is made than the reader takes; one that does not read is ended by the server's limits. */
async function sendLines(response: ServerResponse, lines: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' })
  await pipeline(function* () {
    for (const line of lines) yield `${JSON.stringify(line)}\n`
  }, response)
}
