import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { type ChannelStatus, type Clock, type Logger, WatcherError } from '@perun-watcher/core'
import { backupRequestSchema, type ChannelLine, type EndLine, type ReloadDone } from '../control/protocol.ts'
import { readJson } from '../control/read-json.ts'
import { type Route, sendJson } from '../control/serve-http.ts'
import type { Watchtower } from './compose.ts'
import { type DaemonState, statusOf } from './daemon-state.ts'
import type { Reloaded } from './reload.ts'

export interface ControlDeps {
  readonly state: DaemonState
  readonly clock: Clock
  readonly logger: Logger
  readonly reload: () => Promise<Reloaded>
}

/** What a backup needs of the state of the daemon. */
export interface BackupState extends Pick<DaemonState, 'phase'> {
  readonly tower: Pick<Watchtower, 'backup'> | undefined
}

/** Copies the store while the daemon runs; one copy at a time. */
export function backupRoute(state: BackupState, logger: Logger): Route {
  let isBackingUp = false

  return async (request, response) => {
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
}

/** The routes that the commands of this program use; see `protocol.ts`. */
export function controlRoutes({ state, clock, logger, reload }: ControlDeps): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ['GET /status', async (_, response) => sendJson(response, 200, statusOf(state, clock))],
    [
      'GET /channels',
      async (_, response) => {
        if (state.tower === undefined || state.phase !== 'running') throw notRunning(state)
        await sendLines(response, channelLines(state.tower.engine.channels()))
      },
    ],
    ['POST /backup', backupRoute(state, logger)],
    ['POST /reload', async (_, response) => sendJson(response, 200, doneOf(await reload()))],
  ])
}

function notRunning({ phase }: Pick<DaemonState, 'phase'>): WatcherError {
  return new WatcherError('OVERLOADED', 'The daemon does not guard channels at the moment.', {
    details: [`It is ${phase}.`],
  })
}

function doneOf({ clients, added, removed, connectionsEnded, needsRestart }: Reloaded): ReloadDone {
  return {
    ...(clients === undefined ? {} : { clients }),
    added: [...added],
    removed: [...removed],
    connectionsEnded,
    needsRestart: [...needsRestart],
  }
}

function lineOf({ record, deadline, parents, clients, version, ...rest }: ChannelStatus): ChannelLine {
  return {
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

/** Channels that are written before other work gets its turn: a dispute must not wait for a list. */
const batchSize = 200

async function* channelLines(channels: Iterable<ChannelStatus>): AsyncGenerator<string> {
  let count = 0
  let batch = ''
  for (const channel of channels) {
    batch += `${JSON.stringify(lineOf(channel))}\n`
    count += 1
    if (count % batchSize > 0) continue
    yield batch
    batch = ''
    await setImmediate()
  }
  const end: EndLine = { type: 'end', channels: count }
  yield `${batch}${JSON.stringify(end)}\n`
}

/** Produces lines no faster than the client reads them. */
async function sendLines(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', connection: 'close' })
  await pipeline(lines, response)
}
