import type { Clock, Logger, Random } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { version } from '../../package.json'
import { type ConfigSources, type LoadedConfig, loadConfig } from '../config/load.ts'
import { dataPlaces } from '../config/places.ts'
import { isLoopbackHost } from '../config/rules.ts'
import type { Config } from '../config/schema.ts'
import { prepareDataDirectory } from '../keys/data-directory.ts'
import type { ClientTransport, TransportName } from '../listen/client-transport.ts'
import { daemonLogger } from '../observe/logging/daemon-logger.ts'
import { type Redactor, redactor } from '../observe/logging/redactor.ts'
import { type Metrics, metricsRegistry } from '../observe/metrics/metrics-registry.ts'
import { observedLogger } from '../observe/observed-logger.ts'
import { type ExitCode, exitCodeOf, exitCodes } from '../terminal/exit-codes.ts'
import type { Output } from '../terminal/output.ts'
import { compose, type Watchtower } from './compose.ts'
import { type DaemonState, readiness } from './daemon-state.ts'
import { type Reloader, reloader } from './reloader.ts'
import { openServers } from './servers.ts'
import { tellReadiness } from './tell-readiness.ts'
import { untilComplete } from './until-complete.ts'

export interface RunOptions {
  readonly sources: ConfigSources
  readonly output: Output
  readonly clock: Clock
  readonly random: Random
  /** Aborts on the first signal: shut down gracefully. */
  readonly signal: AbortSignal
  /** Aborts on the second: stop at once. */
  readonly immediate: AbortSignal
  /** Calls a listener whenever a reload is requested, until the result is disposed of. */
  readonly onHangup: (listener: () => void) => Disposable
}

/**
 * Runs the daemon. While settings are missing it logs which, answers operators, and reloads the configuration now and then;
 * once it is complete, it watches.
 *
 * @returns the exit code: `ok` if it was told to end. Errors are in the log.
 * @throws ConfigError if the configuration is invalid, as there is no log yet.
 */
export async function runDaemon(options: RunOptions): Promise<ExitCode> {
  const { sources, signal } = options
  const reloads = reloader(sources)
  using _hangups = options.onHangup(reloads.request)
  let loaded = await loadConfig(sources)
  while (!signal.aborted) {
    const next = await runWith(loaded, { ...options, reloads })
    if (typeof next === 'number') return next
    loaded = next
  }
  return exitCodes.ok
}

interface ReloadedRun extends RunOptions {
  readonly reloads: Reloader
}

/** @returns the exit code, or the configuration to continue with. */
async function runWith(loaded: LoadedConfig, options: ReloadedRun): Promise<ExitCode | LoadedConfig> {
  const { config } = loaded
  const metrics = metricsRegistry()
  const secrets = redactor()
  const log = daemonLogger({ ...config.log, channel: options.output.err, redactor: secrets })
  const logger = observedLogger(log, metrics)
  try {
    return await runLogged({ ...options, loaded, metrics, logger, redactor: secrets })
  } catch (error) {
    logger.error('perun-watcher cannot run', {}, error)
    return exitCodeOf(error)
  }
}

interface LoggedRun extends ReloadedRun {
  readonly loaded: LoadedConfig
  readonly metrics: Metrics
  readonly logger: Logger
  readonly redactor: Redactor
}

async function runLogged(run: LoggedRun): Promise<ExitCode | LoadedConfig> {
  const { loaded, sources, logger, signal, reloads } = run
  const { config } = loaded
  const places = dataPlaces(config, sources.env)
  const state: DaemonState = { loaded, places, phase: 'unconfigured', tower: undefined }
  logger.info('perun-watcher begins', { version, pid: process.pid, config: loaded.file, data: places.directory })
  await prepareDataDirectory(places.directory, logger)
  const isComplete = loaded.missing.length === 0
  if (isComplete) state.phase = 'starting'
  await using _servers = await openServers({ ...run, state, reload: reloads.reload })
  if (!isComplete) return await untilComplete({ ...run, reload: () => loadConfig(sources), signal })
  warnOfChoices(config, logger)
  const tower = await compose({ ...run, config, places })
  state.tower = tower
  reloads.attach({ inForce: config, changeClients: tower.changeClients, logger })
  return await watch(state, tower, logger, run)
}

/** Warns of settings that are valid but may be a mistake. */
function warnOfChoices({ listen, http }: Config, logger: Logger): void {
  const [hasZmq, hasGrpc] = [listen.endpoints.length > 0, listen.grpc_addresses.length > 0]
  if (hasZmq && listen.security === 'anybody-can-read-and-change-messages') {
    logger.warn('CURVE is off: anybody on the network path can read and change messages, and use any client name')
  }
  if (hasGrpc && listen.grpc_security === 'anybody-can-read-and-change-messages') {
    logger.warn(
      'TLS is off: anybody on the network path can read and change messages, and use any client name or token',
    )
  }
  const isProved = (!hasZmq || listen.security === 'curve') && (!hasGrpc || listen.grpc_security === 'tls')
  const isListed = listen.clients.length > 0 || listen.clients_file !== undefined
  const hasTokens = hasGrpc && listen.grpc_tokens_file !== undefined
  if (isProved && listen.enrolment === 'listed' && !isListed && !hasTokens) {
    logger.warn('No client may connect: list public keys in listen.clients, or set listen.enrolment = "open"')
  }
  if (http.address !== undefined && !isLoopbackHost(http.address.host)) {
    logger.warn('Health and metrics are reachable from other machines', { host: http.address.host })
  }
}

async function watch(
  state: DaemonState,
  tower: Watchtower,
  logger: Logger,
  { signal, immediate, clock }: RunOptions,
): Promise<ExitCode> {
  const lost = new AbortController()
  const ended = new AbortController()
  try {
    await tower.start(() => lost.abort(), { signal })
    state.phase = 'running'
    const transports = tower.front?.transports ?? []
    const isReady = (): boolean => readiness(state).ready
    void tellReadiness(transports, isReady, clock, { signal: ended.signal }).catch((error: unknown) => {
      if (!ended.signal.aborted) logger.error('Health checks over gRPC are not told of changes any more', {}, error)
    })
    logger.info('Watching', {
      ledger: tower.ledgerId,
      channels: tower.engine.stats.channels,
      endpoints: addressesOf(transports, 'zmq'),
      publicKey: tower.publicKeys.zmq,
      grpc: addressesOf(transports, 'grpc'),
      tlsKey: tower.publicKeys.grpc,
      receiptKey: tower.receiptKey,
    })
    await aborted(AbortSignal.any([signal, lost.signal]))
    if (lost.signal.aborted) logger.error('Clients can no longer connect; the daemon exits so that it is restarted')
    return lost.signal.aborted ? exitCodes.retryable : exitCodes.ok
  } catch (error) {
    // Told to end during startup: nothing went wrong.
    if (signal.aborted) return exitCodes.ok
    throw toError(error)
  } finally {
    state.phase = 'stopping'
    ended.abort()
    await stop(state, tower, logger, immediate)
  }
}

/** `undefined` without the transport. */
function addressesOf(transports: readonly ClientTransport[], name: TransportName): string | undefined {
  return transports.find((each) => each.name === name)?.addresses.join(' ')
}

async function stop({ loaded }: DaemonState, tower: Watchtower, logger: Logger, immediate: AbortSignal): Promise<void> {
  const { grace } = loaded.config.shutdown
  const { openFamilies: disputes } = tower.engine.stats
  const requests = tower.front?.server.stats.requests ?? 0
  logger.info('Shutting down; a second signal ends it at once', { disputes, requests, atMostSeconds: grace / 1000 })
  await tower.stop({ signal: AbortSignal.any([immediate, AbortSignal.timeout(grace)]) })
  const left = tower.engine.stats.openFamilies
  if (left > 0)
    logger.warn('Disputes are left for the next run: start it again before their deadlines', { disputes: left })
  logger.info('perun-watcher has ended')
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
