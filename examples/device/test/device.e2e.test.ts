import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

interface Terminal {
  readonly process: ChildProcess
  readonly lines: readonly string[]
  /** Resolves once a line with this text was printed; rejects if the program ends before. */
  printed(text: string): Promise<void>
  /** The exit code. */
  readonly ended: Promise<number | null>
}

/** A program of the example, as `pnpm demo:…` starts it. */
function terminal(program: string, folder: string): Terminal {
  const path = `examples/device/src/${program}-cli.ts`
  const child = spawn(process.execPath, ['--import', 'tsx', path, folder], { cwd: root, stdio: 'pipe' })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      for (const look of waiting) look()
    })
  }
  const ended = once(child, 'close').then(() => child.exitCode)
  return {
    process: child,
    lines,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!lines.some((line) => line.includes(text))) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`${program} ended without "${text}":\n${lines.join('\n')}`)))
      }),
  }
}

test('a device sleeps while it is cheated, and hears of the refutation when it comes back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pw-device-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))

  const town = terminal('town', folder)
  await town.printed('now type in a second terminal')
  const device = terminal('device', folder)
  await device.printed('asleep, not connected')
  await town.printed('wake the device up')
  expect(device.lines.some((line) => line.includes('heard'))).toBe(false)

  device.process.stdin?.write('\n')
  expect(await device.ended).toBe(0)
  const heard = device.lines.filter((line) => line.includes('heard'))
  expect(heard.at(0)).toBe('Device: heard registered, version 1')
  expect(heard.at(-1)).toBe('Device: heard refuted, version 5')

  town.process.kill('SIGTERM')
  expect(await town.ended).toBe(0)
})

test('a device without its daemon is told what to start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pw-device-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const device = terminal('device', folder)
  expect(await device.ended).toBe(1)
  expect(device.lines.join()).toContain('demo:daemon')
})
