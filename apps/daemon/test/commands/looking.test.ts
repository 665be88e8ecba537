import { createServer, type RequestListener } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { showStatus } from '../../src/commands/status/show-status.ts'
import { findDaemon } from '../../src/control/control-client.ts'
import type { ChannelLine, Status } from '../../src/control/protocol.ts'
import { captured } from '../support/capture.ts'
import { type Folder, runMain, temporaryFolder } from '../support/run-main.ts'

const id = (digit: string): string => `0x${digit.repeat(64)}`

const status: Status = {
  version: '1.2.3',
  phase: 'running',
  pid: 4711,
  uptimeSeconds: 7_383,
  readiness: { ready: false, reasons: [{ code: 'BALANCE_LOW', message: 'The account holds 0.001 ETH.' }] },
  missing: [],
  data: '/var/lib/perun-watcher',
  ledger: 'eip155:1:0xab:v1',
  chain: {
    kind: 'ethereum',
    by: 'chain-id',
    blockSeconds: 12,
    finalityDepth: 64,
    maxHeadAgeSeconds: 120,
    maxTransactionBytes: 131_072,
    maxTransactionGas: '16777216',
    extraFee: 'none',
  },
  head: { number: '1234', hash: id('a'), timestamp: '1700000000' },
  headAgeSeconds: 3,
  channels: 2,
  capacity: { windowSeconds: 600, channels: 2, answerable: 752, limitedBy: 'places' },
  disputes: [
    { channel: id('1'), version: '5', registeredVersion: '1', deadline: '1700000060', secondsLeft: '60' },
    { channel: id('2'), version: '7', registeredVersion: '3', deadline: '1699999999', secondsLeft: '-1' },
  ],
  accounts: [{ address: '0xcd', balance: '1000000000000000', isLow: true, needs: '9000000000000000' }],
  endpoints: ['tcp://0.0.0.0:7350'],
  rpc: [
    { name: '1 (https://a.example/…)', state: 'good' },
    { name: '2 (https://b.example/…)', state: 'failing' },
  ],
  publicKey: 'K'.repeat(40),
  clients: { connected: 2, connections: 3, watches: 4 },
}

const channel = (digit: string, changes: Partial<ChannelLine> = {}): ChannelLine => ({
  type: 'channel',
  id: id(digit),
  parents: [],
  clients: ['curve:x'],
  version: '5',
  isFinal: false,
  bytes: 900,
  isDisputed: false,
  ...changes,
})

/** Somebody who answers at the control socket of a data directory, well or badly. */
async function answering(folder: Folder, listener: RequestListener): Promise<readonly string[]> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(folder.in('control.sock'), resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return ['--data-directory', folder.path]
}

const json =
  (value: unknown, code = 200): RequestListener =>
  (_, response) => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }

const lines =
  (...values: readonly unknown[]): RequestListener =>
  (_, response) => {
    response.end(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
  }

test('status shows what an operator asks first, and ends with 1 while it is not ready', async () => {
  using folder = temporaryFolder()
  const at = await answering(folder, json(status))
  const { code, out, err } = await runMain(['status', ...at])
  expect({ code, err }).toEqual({ code: 1, err: '' })
  expect(out).toBe(`perun-watcher 1.2.3, process 4711, running, up 2 h 3 min
✗ not ready
    BALANCE_LOW: The account holds 0.001 ETH.
  data      /var/lib/perun-watcher
  ledger    eip155:1:0xab:v1
  chain     ethereum, a block every 12 s, final below 64 blocks
  rpc       2 (https://b.example/…) fails
  head      1234, 3 s ago
  channels  2
  capacity  2 with windows of up to 10 min, 752 could be answered at once
  clients   2 connected, 3 connections, 4 watches
  listens   tcp://0.0.0.0:7350
  key       ${'K'.repeat(40)}
  account   0xcd  0.001 ETH low, needs 0.009 ETH more
  disputes  2
    ${id('1')}  ours 5, on the chain 1  1 min left  2023-11-14 22:14:20 UTC
    ${id('2')}  ours 7, on the chain 3  closed 1 s ago  2023-11-14 22:13:19 UTC
`)
  expect(JSON.parse((await runMain(['status', '--json', ...at])).out)).toEqual(status)
})

test('status tells both addresses and both keys of a watcher that offers gRPC as well', async () => {
  using folder = temporaryFolder()
  const both = { ...status, grpcAddresses: ['0.0.0.0:7351', '[::1]:7351'], tlsPublicKey: 'ab'.repeat(32) }
  const at = await answering(folder, json(both))
  expect((await runMain(['status', ...at])).out).toContain(`  listens   tcp://0.0.0.0:7350
  key       ${'K'.repeat(40)}
  grpc      0.0.0.0:7351
  grpc      [::1]:7351
  tls key   ${'ab'.repeat(32)}
`)
  expect(JSON.parse((await runMain(['status', '--json', ...at])).out)).toEqual(both)
})

test('status of a daemon that is ready ends with 0', async () => {
  using folder = temporaryFolder()
  const at = await answering(folder, json({ ...status, readiness: { ready: true, reasons: [] } }))
  expect((await runMain(['status', ...at])).code).toBe(0)
})

test('on a terminal the live view begins at the top of a cleared screen, and leaves out what has no room', async () => {
  using folder = temporaryFolder()
  const [, directory = ''] = await answering(folder, json(status))
  const out = captured({ isLive: true, rows: () => 18 })
  const enough = new AbortController()
  const shown = showStatus({
    controlSocket: `${directory}/control.sock`,
    watch: true,
    json: false,
    output: { out, err: captured() },
    clock: { now: () => 0, sleep: async () => enough.abort(new Error('enough')) },
    signal: enough.signal,
  })
  await expect(shown).rejects.toThrow('enough')
  const [before, screen = '', ...more] = out.text().split('\u001B[2J\u001B[H')
  expect([before, ...more]).toEqual([''])
  expect(screen).toContain(id('1'))
  expect(screen).toMatch(/and 1 more\n$/)
  expect(screen.split('\n').length - 1).toBeLessThanOrEqual(17)
})

test('without a daemon, status says so and what to do', async () => {
  using folder = temporaryFolder()
  const { code, out, err } = await runMain(['status', '--data-directory', folder.path])
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(`nothing listens on ${folder.in('control.sock')}`)
  expect(err).toContain('perun-watcher run')
})

test('channels of a daemon are filtered and paged, and end with their count', async () => {
  using folder = temporaryFolder()
  const disputed = {
    isDisputed: true,
    deadline: '1700000060',
    record: { version: '1', phase: 'dispute', timeout: '1700000060' },
  }
  const at = await answering(
    folder,
    lines(channel('3'), channel('1', disputed), channel('2', { clients: [] }), { type: 'end', channels: 3 }),
  )
  const { out } = await runMain(['channels', '--disputed', ...at])
  expect(out).toBe(`${id('1')} disputed until 2023-11-14 22:14:20 UTC
  version 5, 900 bytes; on the chain: version 1, dispute
  watched by curve:x

1 channels.
`)
  const page = await runMain(['channels', '--limit', '2', ...at])
  expect(page.out).toContain(`2 of 3 channels.\nMore: --after ${id('2')}`)
})

test('the clients of a channel are named, the first three where there are more', async () => {
  using folder = temporaryFolder()
  const clients = ['a', 'b', 'c', 'd', 'e']
  const sizes = [0, 3, 4, 5]
  const watched = sizes.map((size) => channel(String(size), { clients: clients.slice(0, size) }))
  const at = await answering(folder, lines(...watched, { type: 'end', channels: sizes.length }))
  const { out } = await runMain(['channels', ...at])
  expect(out.match(/watched by .*/g)).toEqual([
    'watched by nobody any more',
    'watched by a, b, c',
    'watched by a, b, c and 1 more',
    'watched by a, b, c and 2 more',
  ])
})

test('a backup goes through the daemon, with an absolute path', async () => {
  using folder = temporaryFolder()
  const asked: string[] = []
  const at = await answering(folder, (request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => asked.push(`${request.method} ${request.url} ${text}`))
    request.on('end', () =>
      json({ code: 'STORE_FULL', message: 'The disk is full.', remedy: 'Free space.' }, 507)(request, response),
    )
  })
  const { code, err } = await runMain(['backup', folder.in('backup'), ...at])
  expect(asked).toEqual([`POST /backup {"path":"${folder.in('backup')}"}`])
  expect(code).not.toBe(0)
  expect(err).toContain('The disk is full.\nWhat to do: Free space.\nCode: STORE_FULL')
})

test.each<[string, RequestListener]>([
  ['garbage', (_, response) => response.end('garbage')],
  ['a status of another shape', json({ version: 1 })],
  ['nothing', (request) => request.socket.destroy()],
  [
    'half an answer',
    (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
  ],
  [
    'an answer without end',
    (_, response) => {
      const more = (): void => void response.write('x'.repeat(1_000_000), () => response.destroyed || more())
      more()
    },
  ],
])('%s from the control socket is an error with a code, and ends', async (_, listener) => {
  using folder = temporaryFolder()
  const at = await answering(folder, listener)
  for (const command of ['status', 'channels']) {
    const { code, out, err } = await runMain([command, ...at])
    expect(code).not.toBe(0)
    expect(out).toBe('')
    expect(err).toContain('Code: CONNECTION_LOST')
  }
})

test('a list of channels that is cut off is not taken for the whole', async () => {
  using folder = temporaryFolder()
  const at = await answering(folder, lines(channel('1')))
  const { code, err } = await runMain(['channels', ...at])
  expect(code).not.toBe(0)
  expect(err).toContain('cut off')
})

test('asking ends with its signal', async () => {
  using folder = temporaryFolder()
  await answering(folder, () => {})
  const controller = new AbortController()
  const daemon = await findDaemon(folder.in('control.sock'))
  const asking = daemon?.status({ signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(asking).rejects.toThrow('enough')
})

test('status shows what was spent today, for whom most, and whether budgets have refused anything', async () => {
  using folder = temporaryFolder()
  const spent = (cost: string) => ({ transactions: 2, gas: '150000', cost })
  const at = await answering(
    folder,
    json({
      ...status,
      spending: {
        today: spent('30000000000000000'),
        total: { gas: '900000', cost: '1500000000000000000' },
        clients: [
          { client: 'curve:a', ...spent('20000000000000000') },
          { client: 'curve:b', ...spent('10000000000000000') },
        ],
        others: spent('0'),
        refusals: { 'client-and-day': 2, dispute: 1, day: 0, value: 0 },
        recent: [],
      },
    }),
  )
  const { out } = await runMain(['status', ...at])
  expect(out).toContain(`  spent     0.03 ETH today in 2 transactions, 1.5 ETH in all
    curve:a  0.02 ETH
    curve:b  0.01 ETH
    budgets refused 3 times to improve an answer that stands
`)
})
