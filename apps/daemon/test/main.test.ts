import { expect, test } from 'vitest'
import { Interruption } from '../src/terminal/interruption.ts'
import { main } from '../src/main.ts'
import { capturedOutput, undisturbed } from './support/capture.ts'

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const output = capturedOutput()
  const code = await main(args, { output, env: {}, ...undisturbed })
  return { code, out: output.out.text(), err: output.err.text() }
}

test.each([
  [['dmeo'], "unknown command 'dmeo'", 'Did you mean demo?', 'perun-watcher --help'],
  [['demo', '--jsn'], "unknown option '--jsn'", 'Did you mean --json?', 'perun-watcher demo --help'],
  [['demo', '--chain', 'web3'], "argument 'web3' is invalid", 'Allowed choices are viem, ethers', 'demo --help'],
  [['demo', '--chain'], 'argument missing', '--chain <library>', 'demo --help'],
  [['demo', 'now'], 'too many arguments', '', 'perun-watcher demo --help'],
])('%j is refused with what is wrong, the value and what to do', async (args, cause, value, remedy) => {
  const { code, out, err } = await run(...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  for (const part of [cause, value, remedy]) expect(err).toContain(part)
})

test('without a command it shows what there is, and did nothing', async () => {
  const { code, out, err } = await run()
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain('demo [options]')
})

test.each([['--help'], ['demo', '--help'], ['help', 'demo'], ['--version']])(
  '%s %s goes to standard output',
  async (...args) => {
    const { code, out, err } = await run(...args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(args.includes('--version') ? /^\d+\.\d+\.\d+\n$/ : /^Usage: perun-watcher/)
  },
)

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s before anything began ends with %i', async (name, expected) => {
  const output = capturedOutput()
  const code = await main(['demo', '--json'], {
    output,
    env: {},
    ...undisturbed,
    signal: AbortSignal.abort(new Interruption(name)),
  })
  expect(code).toBe(expected)
  expect(output.out.text()).toBe('')
  expect(output.err.text()).toBe(`Interrupted by ${name}.\n`)
})
