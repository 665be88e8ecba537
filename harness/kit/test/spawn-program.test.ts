import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnProgram, spawnProgramGroup } from '../src/spawn-program.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const module = new URL('../src/spawn-program.ts', import.meta.url).href

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('a program gets its arguments, and its output is read', async () => {
  using folder = temporaryFolder('kit-test')
  const script = join(folder.path, 'args.cjs')
  writeFileSync(script, 'console.log(process.argv.slice(2).join()); process.exitCode = 3')
  const child = spawnProgram(script, ['a', 'b'])
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data')
  expect(text).toBe('a,b\n')
  expect((await once(child, 'close'))[0]).toBe(3)
})

it('a program ends with its parent, also when the parent is killed', async () => {
  using folder = temporaryFolder('kit-test')
  const script = join(folder.path, 'endless.cjs')
  writeFileSync(script, 'setInterval(() => {}, 1000)')
  const program = `import { spawnProgram, spawnProgramGroup } from '${module}'\nconsole.log(spawnProgram(${JSON.stringify(script)}, []).pid)`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data')
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 60_000, interval: 20 }).toBe(false)
})

describe('a group of programs', () => {
  /** Starts a program that starts another one, which never looks up from its work. */
  const script = `
    const { spawn } = require('node:child_process')
    const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
    console.log(busy.pid)
    setInterval(() => {}, 1000)`

  it('is killed as a whole', async () => {
    using folder = temporaryFolder('kit-test')
    const path = join(folder.path, 'starter.cjs')
    writeFileSync(path, script)
    const group = spawnProgramGroup(path, [])
    const [line] = await once(group.program.stdout.setEncoding('utf8'), 'data')
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    group.kill()
    await expect.poll(() => isAlive(pid), { timeout: 60_000, interval: 20 }).toBe(false)
    // Nobody is left, which is no error.
    group.kill()
  })

  it('ends with its parent, also when the parent is killed', async () => {
    using folder = temporaryFolder('kit-test')
    const path = join(folder.path, 'starter.cjs')
    writeFileSync(path, script)
    const program = `
      import { spawnProgramGroup } from '${module}'
      spawnProgramGroup(${JSON.stringify(path)}, []).program.stdout.pipe(process.stdout)`
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data')
    const pid = Number(line)
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await expect.poll(() => isAlive(pid), { timeout: 60_000, interval: 20 }).toBe(false)
  })
})
