import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import type { AdjudicatorEvent, AdjudicatorEventsSub } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { type RemoteWatcher, remoteWatcher } from '@perun-watcher/protocol'
import { parseCurveKeys, parseCurvePublicKey, zmqConnector } from '@perun-watcher/transport-zmq'
import { parseEther } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { channelLineSchema, endLineSchema, statusSchema } from '../../src/control/protocol.ts'
import { ask, portOf } from '../support/ask.ts'
import { type Folder, temporaryFolder } from '../support/run-main.ts'
import { startRun } from '../support/running-daemon.ts'

/** Of ZeroMQ's own examples. */
const deviceKeys = parseCurveKeys({
  publicKey: 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID',
  secretKey: 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs',
})

const watcherKey = devKey(5)
const eth = (...amounts: readonly number[]): readonly bigint[] => amounts.map((amount) => parseEther(`${amount}`))

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet({ automine: false, secondsPerBlock: 12 })
})
afterAll(() => devnet.stop())

/** A configuration that is complete, and the environment to run it in. */
function configure(folder: Folder, more = ''): { readonly file: string; readonly env: Record<string, string> } {
  const file = folder.in('config.toml')
  writeFileSync(folder.in('account.key'), `${watcherKey}\n`, { mode: 0o600 })
  writeFileSync(
    file,
    `[chain]
rpc = ["http://127.0.0.1:1", "${devnet.rpcUrl}"]
id = ${devnet.chainId}
adjudicator = "${devnet.contracts.adjudicator}"
poll_interval = "50ms"
request_timeout = "4s"
[account]
key_file = "${folder.in('account.key')}"
[listen]
endpoints = ["ipc://${folder.in('clients.sock')}", "ipc://${folder.in('second.sock')}"]
clients = ['${deviceKeys.publicKey}']
[dispute]
refute_depth = 0
${more}`,
  )
  const env = {
    HOME: folder.path,
    PERUN_WATCHER_HTTP_ADDRESS: '127.0.0.1:0',
    PERUN_WATCHER_DATA_DIRECTORY: folder.in('data'),
  }
  return { file, env }
}

/** A device that comes in at the last of the addresses that the watcher listens at. */
function device(endpoints: string | undefined, publicKey: string | undefined): RemoteWatcher {
  const endpoint = endpoints?.split(' ').at(-1)
  expect(endpoint).toMatch(/second\.sock$/)
  const security = { serverKey: parseCurvePublicKey(publicKey), keys: deviceKeys }
  return remoteWatcher({ connect: zmqConnector({ endpoint: endpoint ?? '', security, clock }), clock, random })
}

async function until(events: AdjudicatorEventsSub, type: AdjudicatorEvent['type']): Promise<AdjudicatorEvent> {
  for await (const event of events) if (event.type === type) return event
  throw new Error(`no event ${type}`)
}

async function aChannel() {
  const [alice, mallory] = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))]
  const channel = openChannel(devnet, {
    actors: [alice, mallory],
    balances: eth(5, 5),
    challengeDuration: 600n,
  })
  const old = await channel.signed(channel.state(0n))
  const newest = await channel.signed(channel.state(1n, { balances: eth(8, 2) }))
  return { mallory, channel, old, newest }
}

test.each(['viem', 'ethers'])(
  'through %s a device is guarded, operators see it, and a restart goes on',
  async (library) => {
    using folder = temporaryFolder()
    const configured = configure(folder)
    const { file } = configured
    const env = { ...configured.env, PERUN_WATCHER_CHAIN_LIBRARY: library }
    const socketPath = folder.in('data/control.sock')
    const { mallory, channel, old, newest } = await aChannel()
    {
      await using daemon = startRun(['--config', file], env)
      const { fields } = await daemon.logged('Watching')
      const port = portOf((await daemon.logged('Health and metrics are served')).fields['address'])
      expect(await ask({ port }, '/healthz')).toMatchObject({ status: 200 })
      expect(await ask({ port }, '/readyz')).toEqual({ status: 200, text: '{"ready":true,"reasons":[]}\n' })

      const watcher = device(fields['endpoints'], fields['publicKey'])
      const { statesPub, eventsSub } = await watcher.startWatching(signedStateFromAbi(old))
      await statesPub.publish(transactionFromAbi(newest))
      await devnet.confirm(mallory.register(old))
      // The refutation is sent once the registration is seen; the next block includes it.
      await until(eventsSub, 'registered')
      await sentBy(daemon)
      await devnet.anvil.mine()
      expect(await until(eventsSub, 'refuted')).toMatchObject({ version: 1n })

      const status = statusSchema.parse(JSON.parse((await ask({ socketPath }, '/status')).text))
      expect(status).toMatchObject({
        phase: 'running',
        channels: 1,
        clients: { connected: 1, watches: 1 },
        missing: [],
      })
      expect(status.accounts).toEqual([
        expect.objectContaining({ isLow: false, balance: expect.stringMatching(/^\d+$/) }),
      ])
      const lines = (await ask({ socketPath }, '/channels')).text.trimEnd().split('\n')
      expect(channelLineSchema.parse(JSON.parse(lines[0] ?? ''))).toMatchObject({
        id: channel.id,
        version: '1',
        clients: [`curve:${deviceKeys.publicKey}`],
      })
      expect(endLineSchema.parse(JSON.parse(lines.at(-1) ?? ''))).toEqual({ type: 'end', channels: 1 })
      expect(await ask({ socketPath }, '/backup', JSON.stringify({ path: folder.in('backup') }))).toMatchObject({
        status: 200,
      })
      expect(existsSync(folder.in('backup/data.mdb'))).toBe(true)

      const metrics = (await ask({ port }, '/metrics')).text
      for (const line of [
        'perun_watcher_ready 1',
        'perun_watcher_channels 1',
        'perun_watcher_publishes_total{code="ok"} 1',
        'perun_watcher_refutations_sent_total 1',
        'perun_watcher_refutations_included_total 1',
        'perun_watcher_endangered_total{reason="too-late"} 0',
        'perun_watcher_connections 1',
        'perun_watcher_watch_requests_total{request="start",code="ok"} 1',
      ]) {
        expect(metrics).toContain(`${line}\n`)
      }
      expect(metrics).toMatch(
        /perun_watcher_rpc_requests_total\{endpoint="127.0.0.1:1",method="\w+",result="nothing"\}/,
      )

      await watcher.shutdown()
      daemon.interrupt()
      expect(await daemon.ended).toBe(0)
      expect(existsSync(socketPath)).toBe(false)
    }
    await using again = startRun(['--config', file], env)
    expect((await again.logged('Watching')).fields).toMatchObject({ channels: 1 })
    expect(again.log().filter(({ message }) => message.startsWith('Made'))).toEqual([])
  },
)

/** Resolves when the daemon has signed the transaction that refutes, and the node has it. */
async function sentBy(daemon: ReturnType<typeof startRun>): Promise<void> {
  const { fields } = await daemon.logged('A transaction was signed')
  const hash: unknown = fields['hash']
  while (
    (await devnet.client.request({ method: 'eth_getTransactionByHash', params: [`0x${String(hash).slice(2)}`] })) ===
    null
  );
}

test('without a configuration it starts on loopback, says what is missing, and watches once it is there', async () => {
  using folder = temporaryFolder()
  const env = { HOME: folder.path, XDG_CONFIG_HOME: folder.in('etc'), PERUN_WATCHER_HTTP_ADDRESS: '127.0.0.1:0' }
  await using daemon = startRun([], env)
  await daemon.logged('Nothing is watched until these settings are given; the configuration is read again periodically')
  const missing = daemon.log().filter(({ message }) => message === 'A setting is missing')
  expect(missing.map(({ fields }) => fields['key'])).toEqual([
    'chain.rpc',
    'chain.id',
    'chain.adjudicator',
    'account.keystore_file',
  ])
  for (const form of ['id = 1 below [chain]', 'PERUN_WATCHER_CHAIN_ID=1', '--chain-id 1']) {
    expect(missing[1]?.fields['remedy']).toContain(form)
  }
  const port = portOf((await daemon.logged('Health and metrics are served')).fields['address'])
  const ready = await ask({ port }, '/readyz')
  expect(ready.status).toBe(503)
  expect(JSON.parse(ready.text).reasons).toHaveLength(4)
  expect((await ask({ port }, '/healthz')).status).toBe(200)
  const data = folder.in('.local/state/perun-watcher')
  expect(statSync(data).mode & 0o777).toBe(0o700)
  expect(statSync(`${data}/control.sock`).mode & 0o777).toBe(0o600)
  const channels = await ask({ socketPath: `${data}/control.sock` }, '/channels')
  expect(channels).toMatchObject({ status: 503, text: expect.stringContaining('OVERLOADED') })

  const { file } = configure(folder)
  mkdirSync(folder.in('etc/perun-watcher'), { recursive: true })
  renameSync(file, folder.in('etc/perun-watcher/config.toml'))
  const { fields } = await daemon.logged('Watching')
  expect(fields['publicKey']).toHaveLength(40)
  expect(readdirSync(data).sort()).toEqual(['control.sock', 'curve.key', 'receipt.key', 'store'])
  for (const key of ['curve.key', 'receipt.key']) expect(statSync(`${data}/${key}`).mode & 0o777).toBe(0o600)
  daemon.interrupt()
  expect(await daemon.ended).toBe(0)
})

test('no secret is in the log, whatever is logged', async () => {
  using folder = temporaryFolder()
  const { file, env } = configure(folder, '[log]\nlevel = "trace"\n')
  await using daemon = startRun(['--config', file], env)
  await daemon.logged('Watching')
  daemon.interrupt()
  await daemon.ended
  const text = JSON.stringify(daemon.log())
  expect(text).not.toContain(watcherKey.slice(2))
  expect(text).not.toMatch(/secret\s*=/)
})

test('a second daemon on the same data is refused, and the first goes on', async () => {
  using folder = temporaryFolder()
  const { file, env } = configure(folder)
  await using daemon = startRun(['--config', file], env)
  await daemon.logged('Watching')
  await using second = startRun(['--config', file], env)
  expect(await second.ended).toBe(75)
  expect((await ask({ socketPath: folder.in('data/control.sock') }, '/status')).status).toBe(200)
})

test.each([
  ['chain_id', (text: string) => text.replace(/^id = .*$/m, 'id = 1'), 1],
  ['key file', (text: string) => text.replace(/account\.key/, 'nothing.key'), 78],
  ['endpoint', (text: string) => text.replace(/^rpc = .*$/m, 'rpc = ["http://127.0.0.1:1"]'), 75],
  ['setting', (text: string) => text.replace('poll_interval', 'pol_interval'), 78],
])('a wrong %s ends it with its exit code, and everything is closed', async (_, change, expected) => {
  using folder = temporaryFolder()
  const { file, env } = configure(folder)
  writeFileSync(file, change(readFileSync(file, 'utf8')))
  await using daemon = startRun(['--config', file], env)
  expect(await daemon.ended).toBe(expected)
  expect(existsSync(folder.in('data/control.sock'))).toBe(false)
})

test('it ends at once when told twice, and says which disputes it leaves to the next run', async () => {
  using folder = temporaryFolder()
  const { file, env } = configure(folder, '[shutdown]\ngrace = "1d"\n')
  await using daemon = startRun(['--config', file], env)
  const { fields } = await daemon.logged('Watching')
  const { mallory, old, newest } = await aChannel()
  const watcher = device(fields['endpoints'], fields['publicKey'])
  const { statesPub } = await watcher.startWatching(signedStateFromAbi(old))
  await statesPub.publish(transactionFromAbi(newest))
  await devnet.confirm(mallory.register(old))
  // No block includes it.
  await daemon.logged('A transaction was signed')
  await watcher.shutdown()
  daemon.interrupt()
  expect((await daemon.logged('Shutting down; a second signal ends it at once')).fields).toMatchObject({
    disputes: 1,
  })
  const status = JSON.parse((await ask({ socketPath: folder.in('data/control.sock') }, '/status')).text)
  expect(status).toMatchObject({ phase: 'stopping', readiness: { ready: false } })
  daemon.interruptAgain()
  expect(await daemon.ended).toBe(0)
  expect(
    (await daemon.logged('Disputes are left for the next run: start it again before their deadlines')).fields,
  ).toMatchObject({ disputes: 1 })
})
