import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import type { Failure } from './protocol.ts'

/** Answers a request. An error becomes a `Failure`. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export interface HttpServerOptions {
  /** By method and path: `GET /status`. */
  readonly routes: ReadonlyMap<string, Route>
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  /** Hears of errors that no client caused. */
  readonly onError: (error: Error) => void
}

export interface HttpServer {
  /** As bound: `http://127.0.0.1:9464`, or the path of the socket. */
  readonly address: string
  close(): Promise<void>
}

/** More than operators need at once; slow clients must not block connections for long. */
const limits = { connections: 64, headersMs: 5000, requestMs: 10_000, headers: 50 } as const

/** @throws WatcherError `ADDRESS_UNUSABLE` */
export async function serveHttp({ routes, address, onError }: HttpServerOptions): Promise<HttpServer> {
  const server = createServer({ connectionsCheckingInterval: limits.headersMs }, (request, response) => {
    void answer(routes, request, response, onError)
  })
  server.maxConnections = limits.connections
  server.headersTimeout = limits.headersMs
  server.requestTimeout = limits.requestMs
  server.maxHeadersCount = limits.headers
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const text = 'path' in address ? address.path : `${address.host}:${address.port}`
      reject(new WatcherError('ADDRESS_UNUSABLE', `Cannot listen on ${text}.`, { details: [cause.message], cause }))
    })
    server.listen(address, resolve)
  })
  server.on('error', onError)
  const bound = server.address()
  return {
    address: typeof bound === 'object' && bound !== null ? `http://${hostText(bound)}:${bound.port}` : String(bound),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function hostText({ family, address }: { readonly family: string; readonly address: string }): string {
  return family === 'IPv6' ? `[${address}]` : address
}

async function answer(
  routes: ReadonlyMap<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
  onError: (error: Error) => void,
): Promise<void> {
  try {
    // The answer may be sent before the request was read; the rest is ignored.
    request.on('error', () => {})
    response.on('error', () => {})
    const path = (request.url ?? '').split('?', 1)[0]
    const route = routes.get(`${request.method} ${path}`)
    if (route === undefined) return sendJson(response, 404, notFound(routes))
    await route(request, response)
  } catch (error) {
    if (!isWatcherError(error)) onError(toError(error))
    if (response.headersSent) response.destroy()
    else sendJson(response, statusOf(error), failureOf(error))
  }
}

function notFound(routes: ReadonlyMap<string, Route>): Failure {
  const known = [...routes.keys()].join(', ')
  return { code: 'OPTION_INVALID', message: 'There is nothing here.', remedy: `Ask for one of: ${known}.` }
}

function statusOf(error: unknown): number {
  if (!isWatcherError(error)) return 500
  return error.retryable ? 503 : 400
}

function failureOf(error: unknown): Failure {
  if (!isWatcherError(error)) {
    return {
      code: 'SERVER_FAILED',
      message: 'Something unexpected happened.',
      remedy: 'Look at the log of the daemon.',
    }
  }
  return { code: error.code, message: [error.shortMessage, ...error.details].join(' '), remedy: error.remedy }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(text)
}
