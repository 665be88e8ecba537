import { type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chainNames } from '../../../src/chain/chain-libraries.ts'
import { runMain, temporaryFolder } from '../../support/run-main.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet()
})
afterAll(() => devnet.stop())

interface Line {
  readonly type: string
  readonly check: string
  readonly status: string
  readonly found: string
  readonly remedy?: string
}

test.each(chainNames)('through %s all that run needs is looked at, and an endpoint that is down', async (library) => {
  using folder = temporaryFolder()
  const { code, out, err } = await runMain(['doctor', '--json', '--data-directory', folder.in('data')], {
    HOME: folder.path,
    PERUN_WATCHER_CHAIN_LIBRARY: library,
    PERUN_WATCHER_CHAIN_RPC: `http://127.0.0.1:1/v3/secret-key,${devnet.rpcUrl}`,
    PERUN_WATCHER_CHAIN_ID: String(devnet.chainId),
    PERUN_WATCHER_CHAIN_ADJUDICATOR: devnet.contracts.adjudicator,
    PERUN_WATCHER_ACCOUNT_KEY: devKey(1),
    PERUN_WATCHER_LISTEN_ENDPOINTS: `ipc://${folder.in('clients.sock')}`,
    PERUN_WATCHER_HTTP_ADDRESS: 'off',
  })
  const lines: readonly Line[] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const about = (check: string): readonly Line[] => lines.filter((line) => line.check?.startsWith(check))
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(about('rpc.answers').map(({ status }) => status)).toEqual(['fail', 'ok'])
  expect(about('rpc.answers')[0]?.found).toContain('did not answer eth_chainId')
  expect(lines.filter(({ status }) => status === 'fail')).toHaveLength(1)
  for (const check of ['contract', 'account.key', 'account.nonces', 'rpc.blocks', 'rpc.history', 'rpc.traces']) {
    expect(about(check)).toMatchObject([{ status: 'ok' }])
  }
  expect(out).not.toMatch(/secret-key/)
  expect(out).not.toContain(devKey(1).slice(2))
  expect(lines.at(-1)).toMatchObject({ type: 'summary', ok: false, checks: lines.length - 1 })
})
