import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'

const program = `
import { untilInterrupted } from ${JSON.stringify(new URL('../../src/terminal/interruption.ts', import.meta.url).href)}
const { signal, immediate } = untilInterrupted(process)
signal.addEventListener('abort', () => console.log('first', signal.reason.exitCode))
immediate.addEventListener('abort', () => console.log('second', immediate.reason.exitCode))
setInterval(() => {}, 1000)
console.log('ready')
`

test('the first signal asks for an end, the second makes it happen, whatever the program is busy with', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => (await lines.next()).value
  expect(await next()).toBe('ready')
  child.kill('SIGINT')
  expect(await next()).toBe('first 130')
  child.kill('SIGTERM')
  expect(await next()).toBe('second 143')
  expect(await ended).toEqual({ code: null, signal: 'SIGKILL' })
})
