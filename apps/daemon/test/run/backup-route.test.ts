import { silentLogger } from '@perun-watcher/core/adapter'
import { expect, test } from 'vitest'
import { serveHttp } from '../../src/control/serve-http.ts'
import { type BackupState, backupRoute } from '../../src/run/control-routes.ts'
import { ask, portOf } from '../support/ask.ts'

test('one backup is made at a time, and the next one once it is over, however it ended', async () => {
  const begun: string[] = []
  let [release, hasBegun] = [(): void => {}, (): void => {}]
  const beginning = new Promise<void>((resolve) => {
    hasBegun = resolve
  })
  const held = new Promise<void>((_, reject) => {
    release = () => reject(new Error('The disk is full.'))
  })
  const tower = {
    async backup(path: string) {
      begun.push(path)
      hasBegun()
      if (path === '/slow') await held
    },
  }
  const state: BackupState = { phase: 'running', tower }
  const server = await serveHttp({
    routes: new Map([['POST /backup', backupRoute(state, silentLogger)]]),
    address: { host: '127.0.0.1', port: 0 },
    onError() {},
  })
  await using _ = { [Symbol.asyncDispose]: server.close }
  const backUp = (path: string) => ask({ port: portOf(server.address) }, '/backup', JSON.stringify({ path }))

  const slow = backUp('/slow')
  await beginning
  const refused = await backUp('/meanwhile')
  expect(refused).toMatchObject({ status: 503, text: expect.stringContaining('Another backup is being made.') })
  release()
  expect((await slow).status).toBe(500)
  expect((await backUp('/next')).status).toBe(200)
  expect(begun).toEqual(['/slow', '/next'])
})
