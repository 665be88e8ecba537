import { linkSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { WatcherError } from '@perun-watcher/core'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { findDaemon } from '../../src/control/control-client.ts'
import { controlSocket } from '../../src/control/control-socket.ts'
import { readJson } from '../../src/control/read-json.ts'
import { type Route, sendJson, serveHttp } from '../../src/control/serve-http.ts'
import { ask, portOf } from '../support/ask.ts'
import { temporaryFolder } from '../support/run-main.ts'

const routes = new Map<string, Route>([
  ['GET /well', async (_, response) => sendJson(response, 200, { well: true })],
  [
    'GET /late',
    async () => {
      throw new WatcherError('STORE_FULL', 'The disk is full.')
    },
  ],
  [
    'GET /bug',
    async () => {
      throw new TypeError('x is not a function of secrets')
    },
  ],
  [
    'POST /echo',
    async (request, response) => sendJson(response, 200, await readJson(request, z.strictObject({ a: z.number() }))),
  ],
])

async function served() {
  const errors: Error[] = []
  const server = await serveHttp({
    routes,
    address: { host: '127.0.0.1', port: 0 },
    onError: (error) => errors.push(error),
  })
  return { errors, port: portOf(server.address), [Symbol.asyncDispose]: server.close }
}

test.each([
  ['a route', '/well?x=1', undefined, 200, '"well":true'],
  ['no route', '/other', undefined, 404, 'GET /well'],
  ['what may be tried again', '/late', undefined, 503, '"code":"STORE_FULL"'],
  ['a bug', '/bug', undefined, 500, '"code":"SERVER_FAILED"'],
  ['a body', '/echo', '{"a":1}', 200, '{"a":1}'],
  ['a wrong body', '/echo', '{"a":"1"}', 400, '"code":"OPTION_INVALID"'],
  ['no JSON', '/echo', 'not json', 400, '"code":"OPTION_INVALID"'],
  ['an unknown field', '/echo', '{"a":1,"b":2}', 400, '"code":"OPTION_INVALID"'],
  ['a body without end', '/echo', `"${'x'.repeat(100_000)}"`, 400, '"code":"MESSAGE_TOO_LARGE"'],
])('%s is answered in kind', async (_, path, body, status, part) => {
  await using server = await served()
  const answer = await ask({ port: server.port }, path, body)
  expect(answer.status).toBe(status)
  expect(answer.text).toContain(part)
  expect(answer.text).not.toContain('secrets')
  expect(server.errors).toHaveLength(status === 500 ? 1 : 0)
})

test('garbage harms nobody', async () => {
  await using server = await served()
  const socket = connect(server.port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.resume()
  socket.end(Buffer.from([0, 1, 2, 13, 10, 13, 10, 255]))
  await closed
  expect((await ask({ port: server.port }, '/well')).status).toBe(200)
})

test('an address that is taken is named', async () => {
  await using server = await served()
  const again = serveHttp({ routes, address: { host: '127.0.0.1', port: server.port }, onError: () => {} })
  await expect(again).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
  await expect(again).rejects.toThrow(`${server.port}`)
})

test('a client of the control socket learns what may be tried again', async () => {
  using folder = temporaryFolder()
  const path = folder.in('control.sock')
  const fails = (code: 'STORE_FULL' | 'OPTION_INVALID'): Route => {
    return () => Promise.reject(new WatcherError(code, 'No.'))
  }
  const failing = new Map([
    ['GET /status', fails('STORE_FULL')],
    ['POST /reload', fails('OPTION_INVALID')],
  ])
  const server = await controlSocket(path, { routes: failing, onError: () => {} })
  onTestFinished(() => server.close())
  const daemon = await findDaemon(path)
  await expect(daemon?.status()).rejects.toMatchObject({ code: 'STORE_FULL', retryable: true })
  await expect(daemon?.reload()).rejects.toMatchObject({ code: 'OPTION_INVALID', retryable: false })
})

test('a socket that a dead daemon left is taken over, a living one is not', async () => {
  using folder = temporaryFolder()
  const path = folder.in('control.sock')
  writeFileSync(path, '')
  const options = { routes, onError: () => {} }
  const first = await controlSocket(path, options)
  await expect(controlSocket(path, options)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
  expect((await ask({ socketPath: path }, '/well')).status).toBe(200)
  await first.close()
  await expect(controlSocket(folder.in('x'.repeat(200)), options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
})

test('symbolic links can be followed after the socket of a killed daemon was taken over', async () => {
  using folder = temporaryFolder()
  const path = folder.in('control.sock')
  // A socket that nobody listens on any more: only the first of its names goes when it is closed.
  const killed = createServer()
  await new Promise<void>((resolve) => killed.listen(folder.in('first'), resolve))
  linkSync(folder.in('first'), path)
  await new Promise((resolve) => killed.close(resolve))
  mkdirSync(folder.in('package'))
  for (const name of ['before', 'after']) {
    writeFileSync(folder.in(`package/${name}.cjs`), '')
    symlinkSync(folder.in(`package/${name}.cjs`), folder.in(`${name}.cjs`))
  }
  const resolve = (name: string): string => createRequire(folder.in('program.cjs')).resolve(`./${name}.cjs`)
  const real = realpathSync(folder.in('package'))
  // The loader of modules remembers which folders are no links, and is misled only there.
  expect(resolve('before')).toBe(`${real}/before.cjs`)
  const server = await controlSocket(path, { routes, onError: () => {} })
  onTestFinished(() => server.close())
  expect(resolve('after')).toBe(`${real}/after.cjs`)
})
