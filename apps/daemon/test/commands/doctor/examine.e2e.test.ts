import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EvmClient, parseAddress, rpcRefused } from '@perun-watcher/chain-evm'
import { systemClock } from '@perun-watcher/core/system'
import { addressOf, type Devnet, devKey, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chainUsage } from '../../../src/chain/chain-usage.ts'
import { invalidTransaction, nobodysKey } from '../../../src/chain/invalid-transaction.ts'
import { viemChain } from '../../../src/chain/viem-chain.ts'
import { type ChainSubject, type ExamineDeps, examine, type Subjects } from '../../../src/commands/doctor/examine.ts'
import type { Finding } from '../../../src/commands/doctor/finding.ts'

let devnet: Devnet
let dataDir: string
let now: number

beforeAll(async () => {
  devnet = await startDevnet()
  dataDir = await mkdtemp(join(tmpdir(), 'perun-watcher-doctor-'))
  now = Number((await devnet.client.getBlock()).timestamp)
})

afterAll(async () => {
  await devnet.stop()
  await rm(dataDir, { recursive: true })
})

const refusable = (chainId: bigint) => invalidTransaction(viemChain.signer(nobodysKey), chainId)

type Changes = Partial<Omit<Subjects, 'chain'> & ChainSubject>

async function look(changes: Changes = {}, atSeconds = now, instruments?: ExamineDeps): Promise<readonly Finding[]> {
  const subjects: Subjects = {
    chain: {
      rpcUrls: [devnet.rpcUrl, devnet.rpcUrl],
      chainId: BigInt(devnet.chainId),
      adjudicator: parseAddress(devnet.contracts.adjudicator),
      usage: chainUsage({ id: devnet.chainId }),
      needsTraces: true,
      ...changes,
    },
    accounts: [parseAddress(addressOf(devKey(1)))],
    feeCapWei: 500_000_000_000n,
    maxPending: 16,
    guarded: undefined,
    dataDir,
    secretFiles: [],
    listening: [],
    connections: 10,
    isDaemonRunning: false,
    ...changes,
  }
  const connect = (url: string) => viemChain.probe(url, 5_000).client
  const findings: Finding[] = []
  const deps = instruments ?? { clock: systemClock, now: () => atSeconds, connect, invalidTransaction: refusable }
  for await (const finding of examine(subjects, deps)) {
    findings.push(finding)
  }
  return findings
}

/** What is wrong, without what this machine's own disk and Node are like. */
const complaints = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(
    ({ status, check }) => status !== 'ok' && !/^(?:disk\.(?:local|space|sync)|runtime\.node)$/.test(check),
  )

test('a sound set-up has no complaints, and every part of it was looked at', async () => {
  const findings = await look()
  expect(complaints(findings)).toEqual([])
  expect(new Set(findings.map(({ check }) => check.replace(/ .*/, '')))).toEqual(
    new Set([
      'disk.writable',
      'disk.sync',
      'disk.space',
      'disk.local',
      'limits.files',
      'runtime.node',
      'runtime.signatures',
      'chain.kind',
      'rpc.answers',
      'rpc.chain',
      'rpc.blocks',
      'rpc.logs',
      'rpc.history',
      'rpc.traces',
      'rpc.estimates',
      'rpc.sends',
      'rpc.fees',
      'rpc.bulk',
      'rpc.whole_logs',
      'rpc.several',
      'clock',
      'contract',
      'account.balance',
      'account.nonces',
      'account.capacity',
    ]),
  )
})

test('every complaint says what to do', async () => {
  const findings = await look({ rpcUrls: ['http://127.0.0.1:1'], dataDir: '/dev/null/data', feeCapWei: 10n ** 30n })
  expect(complaints(findings).map(({ check }) => check.replace(/ .*/, ''))).toEqual([
    'disk.writable',
    'rpc.answers',
    'rpc.several',
  ])
  for (const finding of complaints(findings)) expect(finding.remedy).toMatch(/\w+ .+\.$|keygen$/)
})

test('an address without a contract, and one with another contract', async () => {
  const nobody = await look({ adjudicator: parseAddress(addressOf(devKey(5))) })
  expect(complaints(nobody)).toMatchObject([
    { check: 'contract', status: 'fail', found: expect.stringContaining('There is no contract at the address') },
  ])
  const holder = await look({ adjudicator: parseAddress(devnet.contracts.assetHolder) })
  expect(complaints(holder)).toMatchObject([
    { check: 'contract', status: 'fail', found: expect.stringContaining('is no Perun adjudicator of generation v1') },
  ])
})

test('an endpoint of another chain fails, and nothing is concluded from it', async () => {
  const findings = await look({ chainId: 1n })
  const checks = complaints(findings).map(({ check, status }) => [check.replace(/ .*/, ''), status])
  expect(checks).toEqual([
    ['rpc.chain', 'fail'],
    ['rpc.chain', 'fail'],
  ])
  expect(findings.some(({ check }) => check === 'contract')).toBe(false)
})

test('one endpoint is down, the other one serves; no key of the URL is shown', async () => {
  const findings = await look({ rpcUrls: ['http://127.0.0.1:1/v3/secret-key', devnet.rpcUrl] })
  const [down, ...others] = complaints(findings)
  expect(down).toMatchObject({ status: 'fail', found: expect.stringContaining('did not answer eth_chainId') })
  expect(down?.check).toBe('rpc.answers 1 (http://127.0.0.1:1/…)')
  expect(others).toEqual([])
  expect(findings.find(({ check }) => check === 'contract')?.status).toBe('ok')
  expect(JSON.stringify(findings)).not.toContain('secret-key')
})

test('what the configuration says already is checked, and what is missing is named', async () => {
  const findings = await look({ chainId: undefined, adjudicator: undefined, accounts: [] })
  expect(complaints(findings)).toMatchObject([
    {
      check: expect.stringMatching(/^rpc\.chain 1/),
      remedy: `Set chain.id to ${devnet.chainId} if that is the right chain.`,
    },
    { check: expect.stringMatching(/^rpc\.chain 2/) },
    { check: 'contract', status: 'warn', found: 'Not checked: chain.adjudicator is not set.' },
    { check: 'account.balance', status: 'warn' },
  ])
  expect(findings.some(({ check, status }) => check.startsWith('rpc.traces') && status === 'ok')).toBe(true)
  // The endpoint says which chain it is of.
  expect((await look({ chainId: undefined })).find(({ check }) => check === 'contract')?.status).toBe('ok')
  expect(complaints(await look({ rpcUrls: [] }))).toMatchObject([
    { check: 'rpc', status: 'warn', found: 'Not checked: chain.rpc is not set.' },
  ])
})

test('a chain that nobody knows is told, unless the configuration says its kind', async () => {
  const unknown = complaints(await look({ usage: chainUsage({ id: 123_456 }) }))
  expect(unknown).toMatchObject([
    {
      check: 'chain.kind',
      status: 'warn',
      found: expect.stringMatching(/limits of ethereum hold: blocks whenever they come, final below 64 blocks/),
      remedy: expect.stringContaining('chain.kind'),
    },
  ])
  const given = await look({ usage: chainUsage({ id: 123_456, kind: 'arbitrum', max_transaction_gas: 9_000_000 }) })
  expect(complaints(given)).toEqual([])
  expect(given.find(({ check }) => check === 'chain.kind')?.found).toBe(
    'arbitrum, as the configuration says: a block every 0.25 s, final below 1200 blocks, transactions of up to 95000 bytes and 9000000 gas, a fee for data that is part of the estimated gas; not ready after 60 s without a block.',
  )
})

test('a single endpoint is a risk', async () => {
  expect(complaints(await look({ rpcUrls: [devnet.rpcUrl] }))).toMatchObject([{ check: 'rpc.several', status: 'warn' }])
})

test('an account without funds cannot refute; one with little is told how much is missing', async () => {
  const account = parseAddress(addressOf(devKey(7)))
  await devnet.anvil.setBalance(account, 0n)
  const [empty, capacity] = complaints(await look({ accounts: [account] }))
  expect(capacity).toMatchObject({
    check: 'account.capacity',
    found: expect.stringContaining('0 of 1 accounts can pay'),
  })
  expect(empty).toMatchObject({ check: `account.balance ${account}`, status: 'fail' })
  expect(empty?.found).toBe('0 ETH; a refutation costs up to 0.15 ETH at the fee cap.')
  expect(empty?.remedy).toContain(`Send 1.5 ETH to ${account}`)
  await devnet.anvil.setBalance(account, 10n ** 18n)
  expect(complaints(await look({ accounts: [account] }))).toMatchObject([{ status: 'warn' }])
})

test('how many disputes could be answered at once is told, by the accounts that can pay', async () => {
  const [rich, poor] = [parseAddress(addressOf(devKey(1))), parseAddress(addressOf(devKey(8)))]
  const capacity = async (changes: Changes): Promise<Finding | undefined> =>
    (await look(changes)).find(({ check }) => check === 'account.capacity')
  const usage = chainUsage({ id: devnet.chainId, block_time: 12_000 })
  expect(await capacity({ usage, accounts: [rich, poor] })).toMatchObject({
    status: 'ok',
    found:
      '2 of 2 accounts can pay, with 16 transactions each. Disputes that could be answered at once: 1504 within 10 min, 9504 within 1 h, 230304 within 1 d.',
  })
  await devnet.anvil.setBalance(poor, 0n)
  const guarded = [{ windowSeconds: 600, channels: 700 }]
  expect(await capacity({ usage, accounts: [rich, poor], guarded })).toMatchObject({
    status: 'warn',
    found:
      '1 of 2 accounts can pay, with 16 transactions each. Of 700 channels with windows of up to 10 min, 700 could be answered at once.',
    remedy: expect.stringContaining('account.count'),
  })
  expect(await capacity({ usage, guarded: [{ windowSeconds: 600, channels: 1_000 }] })).toMatchObject({
    status: 'warn',
    found: expect.stringContaining('Of 1000 channels with windows of up to 10 min, 752 could be answered at once.'),
  })
  expect(await capacity({ usage, guarded: [{ windowSeconds: 600, channels: 600 }] })).toMatchObject({ status: 'ok' })
})

test('transactions that wait are noticed, unless a daemon cares for them', async () => {
  await devnet.anvil.setAutomine(false)
  try {
    await devnet.send(devKey(1), { to: addressOf(devKey(2)), value: 1n })
    const [waiting] = complaints(await look())
    expect(waiting).toMatchObject({ status: 'warn', found: '1 transactions are pending.' })
    expect(complaints(await look({ isDaemonRunning: true }))).toEqual([])
  } finally {
    await devnet.anvil.mine()
    await devnet.anvil.setAutomine(true)
  }
})

test('a clock behind the chain fails, a head that is old warns', async () => {
  expect(complaints(await look({}, now - 60))).toMatchObject([{ check: 'clock', status: 'fail' }])
  expect(complaints(await look({}, now + 3_600))).toMatchObject([{ check: 'clock', status: 'warn' }])
})

test('a data directory that cannot be written fails, wherever it would be made', async () => {
  const [first] = complaints(await look({ dataDir: '/proc/perun-watcher/data' }))
  expect(first).toMatchObject({ check: 'disk.writable', status: 'fail', remedy: expect.stringContaining('read-only') })
})

test('a key that others can read fails, so does one that is not there', async () => {
  const path = join(dataDir, 'account.key')
  await writeFile(path, 'secret', { mode: 0o644 })
  const secretFiles = [
    { option: 'account.key_file', path },
    { option: 'zmq.key_file', path: join(dataDir, 'nothing') },
  ]
  const [open, missing] = complaints(await look({ secretFiles }))
  expect(open).toMatchObject({ status: 'fail', remedy: expect.stringContaining(`chmod 600 ${path}`) })
  expect(missing).toMatchObject({ status: 'fail', found: expect.stringContaining('ENOENT') })
  await rm(path)
})

test('a port that somebody uses fails, unless it is the daemon; an address of elsewhere fails', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const listening = [{ option: 'http.listen', host: '127.0.0.1', port }]
  expect(complaints(await look({ listening }))).toMatchObject([{ check: 'port http.listen', status: 'fail' }])
  expect(complaints(await look({ listening, isDaemonRunning: true }))).toEqual([])
  await new Promise((resolve) => server.close(resolve))
  expect(complaints(await look({ listening }))).toEqual([])
  const elsewhere = [{ option: 'zmq.listen', host: '192.0.2.1', port }]
  expect(complaints(await look({ listening: elsewhere }))).toMatchObject([
    { status: 'fail', remedy: 'Set zmq.listen to an address of this machine.' },
  ])
})

test('the doctor leaves nothing behind in the data directory', async () => {
  await look()
  expect(await readdir(dataDir)).toEqual([])
})

test('D5d: an endpoint without traces will do for ledger channels by themselves, and for nothing else', async () => {
  const mute: EvmClient = {
    request: (method, params, options) =>
      method === 'debug_traceTransaction'
        ? Promise.reject(rpcRefused(method, { code: -32_601, message: 'the method does not exist', data: undefined }))
        : viemChain.probe(devnet.rpcUrl, 5_000).client.request(method, params, options),
  }
  const instruments = {
    clock: systemClock,
    now: () => now,
    connect: () => mute,
    invalidTransaction: refusable,
  }
  for (const needsTraces of [false, true]) {
    const about = (await look({ needsTraces }, now, instruments)).filter(({ check }) => check.startsWith('rpc.traces'))
    expect(about.map(({ status }) => status)).toEqual(Array(2).fill(needsTraces ? 'fail' : 'warn'))
    for (const { remedy } of about) expect(remedy).toContain('endpoint')
  }
})
