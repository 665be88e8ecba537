import { toError } from '@perun-watcher/core/adapter'
import { controlSocket } from '../control/control-socket.ts'
import { type HttpServer, serveHttp } from '../control/serve-http.ts'
import type { Metrics } from '../observe/metrics/metrics-registry.ts'
import { type ControlDeps, controlRoutes } from './control-routes.ts'
import { healthRoutes } from './health-routes.ts'

export interface ServersDeps extends ControlDeps {
  readonly metrics: Metrics
}

/**
 * Opens the servers for operators: the control socket, and health and metrics.
 *
 * @throws WatcherError `STORE_LOCKED`, `ADDRESS_UNUSABLE`, `OPTION_INVALID`
 */
export async function openServers(deps: ServersDeps): Promise<AsyncDisposable> {
  const { state, logger, metrics } = deps
  const onError = (error: unknown): void => logger.error('A request of an operator failed', {}, toError(error))
  const control = await controlSocket(state.places.controlSocket, { routes: controlRoutes(deps), onError })
  const health = await openHealth().catch(async (error: unknown) => {
    await control.close()
    throw error
  })
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([control.close(), health?.close()])
    },
  }

  async function openHealth(): Promise<HttpServer | undefined> {
    const { address } = state.loaded.config.http
    if (address === undefined) return undefined
    const server = await serveHttp({ address, routes: healthRoutes(state, metrics), onError })
    logger.info('Health and metrics are served', { address: server.address })
    return server
  }
}
