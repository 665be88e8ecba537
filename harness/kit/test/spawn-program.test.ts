import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { spawnProgram } from '../src/spawn-program.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

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
  const module = new URL('../src/spawn-program.ts', import.meta.url).href
  const program = `import { spawnProgram } from '${module}'\nconsole.log(spawnProgram(${JSON.stringify(script)}, []).pid)`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(parent.stdout.setEncoding('utf8'), 'data')
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 60_000, interval: 20 }).toBe(false)
})
