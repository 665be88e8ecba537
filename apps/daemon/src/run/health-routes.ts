import type { Route } from '../control/serve-http.ts'
import { sendJson } from '../control/serve-http.ts'
import { collectMetrics } from '../observe/collect-metrics.ts'
import type { Metrics } from '../observe/metrics/metrics-registry.ts'
import { type DaemonState, readiness } from './daemon-state.ts'

/** The routes for monitoring. */
export function healthRoutes(state: DaemonState, metrics: Metrics): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    // An answer proves that the event loop is alive.
    ['GET /healthz', async (_, response) => sendJson(response, 200, { alive: true })],
    [
      'GET /readyz',
      async (_, response) => {
        const found = readiness(state)
        sendJson(response, found.ready ? 200 : 503, found)
      },
    ],
    [
      'GET /metrics',
      async (_, response) => {
        const { tower, places } = state
        const isReady = readiness(state).ready
        const { contentType, body } = await metrics.text(() =>
          collectMetrics(metrics, { isReady, tower, storePath: places.store }),
        )
        response.writeHead(200, { 'content-type': contentType, connection: 'close' })
        response.end(body)
      },
    ],
  ])
}
