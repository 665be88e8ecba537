import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'

const modules = ['program', 'output', 'command-line'].map((name) => new URL(`../src/${name}.ts`, import.meta.url).href)

/** @param main the body of an async function of the arguments. */
function argsFor(main: string, more = ''): string[] {
  const [program, output, commandLine] = modules
  const script = `
    import { exitOnInterruption, interruption, runProgram } from '${program}'
    import { out, outSummary, reportEvery, say } from '${output}'
    import { UsageError } from '${commandLine}'
    runProgram(async (args) => { ${main} }${more})`
  return ['--import', 'tsx', '--input-type=module', '-e', script, '--', 'script', 'one', 'two']
}

function run(main: string, more?: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, argsFor(main, more), { encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('a program', () => {
  it('gets the arguments, and ends with the code that it returns', () => {
    expect(run('out(args.join()); return 1')).toEqual({ status: 1, stdout: 'one,two\n', stderr: '' })
  })

  it('that was called wrongly says only what is wrong', () => {
    expect(run("throw new UsageError('--seed must be whole.')")).toEqual({
      status: 2,
      stdout: '',
      stderr: '--seed must be whole.\n',
    })
  })

  it('that fails says where, with the exit code that it chose', () => {
    const { status, stderr } = run("throw new TypeError('broken')", ', 1')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^TypeError: broken\n\s+at /)
  })

  it('prints the numbers of a run as a line each, or as one line of JSON', () => {
    const summary = '{ kills: 3, unhit: ["a"] }'
    expect(run(`outSummary(${summary}, true); return 0`).stdout).toBe('{"kills":3,"unhit":["a"]}\n')
    expect(run(`outSummary(${summary}, false); return 0`).stdout).toBe('kills  3\nunhit  ["a"]\n')
  })

  it('reports at intervals until that is disposed of, which lets the process end', () => {
    const main = `
      let count = 0
      let resolve
      const three = new Promise((done) => { resolve = done })
      const report = reportEvery(1, () => { count += 1; say('report ' + count); if (count === 3) resolve() })
      await three
      report[Symbol.dispose]()
      return 0`
    expect(run(main)).toEqual({ status: 0, stdout: '', stderr: 'report 1\nreport 2\nreport 3\n' })
  })

  it('that is interrupted exits, and so removes what it has to', async () => {
    const main = `
      exitOnInterruption()
      process.once('exit', () => console.log('removed'))
      out('ready')
      setInterval(() => {}, 1000)
      return await new Promise(() => {})`
    const child = spawn(process.execPath, argsFor(main), { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text === 'ready\n') child.kill('SIGTERM')
    })
    expect(await once(child, 'close')).toEqual([1, null])
    expect(text).toBe('ready\nremoved\n')
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is told of %s and ends in its own time', async (signal) => {
    const main = `
      const signal = interruption()
      out('ready')
      const alive = setInterval(() => {}, 1000)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      clearInterval(alive)
      out(signal.reason.message)
      return 1`
    const child = spawn(process.execPath, argsFor(main), { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text === 'ready\n') child.kill(signal)
    })
    expect(await once(child, 'close')).toEqual([1, null])
    expect(text).toBe(`ready\nInterrupted by ${signal}.\n`)
  })
})
