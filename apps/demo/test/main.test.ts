import { Interruption } from '@perun-watcher/daemon/internal'
import { expect, test } from 'vitest'
import { capturedOutput, undisturbed } from '../../daemon/test/support/capture.ts'
import { main } from '../src/main.ts'

async function run(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const output = capturedOutput()
  const code = await main(args, { output, env: {}, ...undisturbed })
  return { code, out: output.out.text(), err: output.err.text() }
}

test.each([
  [['--jsn'], "unknown option '--jsn'", 'Did you mean --json?'],
  [['--chain', 'web3'], "argument 'web3' is invalid", 'Allowed choices are viem, ethers'],
  [['--chain'], 'argument missing', '--chain <library>'],
  [['--contract', 'mine'], "argument 'mine' is invalid", 'Allowed choices are devnet, real'],
  [['now'], 'too many arguments', ''],
])('%j is refused with what is wrong, the value and what to do', async (args, cause, value) => {
  const { code, out, err } = await run(...args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  for (const part of [cause, value, 'pnpm demo --help']) expect(err).toContain(part)
})

test('--help goes to standard output', async () => {
  const { code, out, err } = await run('--help')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^Usage: pnpm demo \[options\]/)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s before anything began ends with %i', async (name, expected) => {
  const output = capturedOutput()
  const code = await main(['--json'], {
    output,
    env: {},
    ...undisturbed,
    signal: AbortSignal.abort(new Interruption(name)),
  })
  expect(code).toBe(expected)
  expect(output.out.text()).toBe('')
  expect(output.err.text()).toBe(`Interrupted by ${name}.\n`)
})
