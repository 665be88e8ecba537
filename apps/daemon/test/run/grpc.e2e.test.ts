import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import type { AdjudicatorEvent, AdjudicatorEventsSub } from '@perun-watcher/core'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { createActor, type Devnet, devKey, openChannel, startDevnet } from '@perun-watcher/devnet'
import { type RemoteWatcher, remoteWatcher } from '@perun-watcher/protocol'
import type { Connector } from '@perun-watcher/protocol/adapter'
import {
  type ClientSecurity,
  grpcConnector,
  parseClientToken,
  parsePublicKeyHash,
  parseTlsKeys,
} from '@perun-watcher/transport-grpc'
import { zmqConnector } from '@perun-watcher/transport-zmq'
import { parseEther } from 'viem'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { check, next, Serving, watch } from '../../../../packages/transport-grpc/test/support/health.ts'
import { stranger } from '../../../../packages/transport-grpc/test/support/world.ts'
import { channelLineSchema, statusSchema } from '../../src/control/protocol.ts'
import { ask, portOf } from '../support/ask.ts'
import { type Folder, runMain, temporaryFolder } from '../support/run-main.ts'
import { startRun } from '../support/running-daemon.ts'

let devnet: Devnet
beforeAll(async () => {
  devnet = await startDevnet({ automine: false, secondsPerBlock: 12 })
})
afterAll(() => devnet.stop())

interface Configured {
  readonly file: string
  readonly env: Record<string, string>
}

function configure(folder: Folder, listen: string, more = ''): Configured {
  const file = folder.in('config.toml')
  writeFileSync(folder.in('account.key'), `${devKey(5)}\n`, { mode: 0o600 })
  writeFileSync(
    file,
    `[chain]
rpc = ["${devnet.rpcUrl}"]
id = ${devnet.chainId}
adjudicator = "${devnet.contracts.adjudicator}"
poll_interval = "50ms"
[account]
key_file = "${folder.in('account.key')}"
[dispute]
refute_depth = 0
${more}
[listen]
${listen}
`,
  )
  const env = {
    HOME: folder.path,
    PERUN_WATCHER_HTTP_ADDRESS: '127.0.0.1:0',
    PERUN_WATCHER_DATA_DIRECTORY: folder.in('data'),
  }
  return { file, env }
}

interface Made {
  readonly file: string
  readonly public: string
}

/** What an operator gets who asks for a key. */
async function keygen(folder: Folder, ...args: readonly string[]): Promise<Made> {
  const { out, err } = await runMain(['keygen', ...args, '--json', '--data-directory', folder.in('data')])
  expect(err).toBe('')
  return JSON.parse(out)
}

function watcherAt(connect: Connector): RemoteWatcher {
  const watcher = remoteWatcher({ connect, clock, random })
  onTestFinished(() => watcher.shutdown())
  return watcher
}

const overGrpc = (address: string | undefined, security: ClientSecurity): RemoteWatcher =>
  watcherAt(grpcConnector({ address: address ?? '', security, clock }))

/** The keys in one file, as `keygen` writes them. */
function tlsKeysOf({ file }: Made) {
  const text = readFileSync(file, 'utf8')
  return parseTlsKeys({ privateKey: text, certificate: text })
}

async function until(events: AdjudicatorEventsSub, type: AdjudicatorEvent['type']): Promise<AdjudicatorEvent> {
  for await (const event of events) if (event.type === type) return event
  throw new Error(`no event ${type}`)
}

async function aChannel() {
  const [alice, mallory] = [await createActor(devnet, devKey(1)), await createActor(devnet, devKey(2))]
  const balances = [parseEther('5'), parseEther('5')]
  const channel = openChannel(devnet, { actors: [alice, mallory], balances, challengeDuration: 600n })
  const old = await channel.signed(channel.state(0n))
  const newest = await channel.signed(channel.state(1n, { balances: [parseEther('8'), parseEther('2')] }))
  return { mallory, channel, old, newest }
}

test('with the keys that keygen makes, a device is guarded over gRPC alone, and health follows readiness', async () => {
  using folder = temporaryFolder()
  const device = await keygen(folder, 'tls-device', folder.in('device.pem'))
  const server = await keygen(folder, 'tls-server', '--host', 'localhost')
  expect(device.public).toMatch(/^tls:[\da-f]{64}$/)
  const listen = `endpoints = []\ngrpc_addresses = ["127.0.0.1:0"]\nclients = ["${device.public}"]`
  const { file, env } = configure(folder, listen)
  const socketPath = folder.in('data/control.sock')
  await using daemon = startRun(['--config', file], env)
  const { fields } = await daemon.logged('Watching')
  expect(fields).toMatchObject({ tlsKey: server.public, grpc: expect.stringMatching(/^127\.0\.0\.1:\d+$/) })
  expect(fields).not.toHaveProperty('publicKey')
  expect(existsSync(folder.in('data/curve.key'))).toBe(false)

  const keys = tlsKeysOf(device)
  const watcher = overGrpc(fields['grpc'], { serverKey: parsePublicKeyHash(fields['tlsKey']), keys })
  const { mallory, channel, old, newest } = await aChannel()
  const { statesPub, eventsSub } = await watcher.startWatching(signedStateFromAbi(old))
  await statesPub.publish(transactionFromAbi(newest))
  await devnet.confirm(mallory.register(old))
  expect(await until(eventsSub, 'registered')).toMatchObject({ version: 0n })

  const status = statusSchema.parse(JSON.parse((await ask({ socketPath }, '/status')).text))
  expect(status).toMatchObject({ endpoints: [], grpcAddresses: [fields['grpc']], tlsPublicKey: server.public })
  expect(status.clients).toMatchObject({ connected: 1, connections: 1, watches: 1 })
  const [line = ''] = (await ask({ socketPath }, '/channels')).text.split('\n')
  expect(channelLineSchema.parse(JSON.parse(line))).toMatchObject({ id: channel.id, clients: [device.public] })
  const port = portOf((await daemon.logged('Health and metrics are served')).fields['address'])
  const metrics = (await ask({ port }, '/metrics')).text
  expect(metrics).toContain('perun_watcher_transport_connections{transport="grpc"} 1\n')
  expect(metrics).not.toContain('transport="zmq"')

  // Whoever trusts the certificate finds the name in it that was asked for.
  const health = watch(stranger(fields['grpc'] ?? '', undefined, tlsKeysOf(server).certificate), '')
  expect(await next(health)).toBe(Serving.SERVING)
  daemon.interrupt()
  expect(await next(health)).toBe(Serving.NOT_SERVING)
  daemon.interruptAgain()
  expect(await daemon.ended).toBe(0)
})

test('while the daemon runs and is not ready, it does not serve for those who ask over gRPC', async () => {
  using folder = temporaryFolder()
  const server = await keygen(folder, 'tls-server', '--host', 'localhost')
  const poor = '[account]\nmin_balance_ether = "1000000"'
  const { file, env } = configure(folder, 'grpc_addresses = ["127.0.0.1:0"]')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replace('[account]', poor))
  await using daemon = startRun(['--config', file], env)
  const { fields } = await daemon.logged('Watching')
  const client = stranger(fields['grpc'] ?? '', undefined, tlsKeysOf(server).certificate)
  expect(await check(client, 'perun.watcher.v1.Watcher')).toBe(Serving.NOT_SERVING)
  const port = portOf((await daemon.logged('Health and metrics are served')).fields['address'])
  expect(await ask({ port }, '/readyz')).toMatchObject({ status: 503 })
})

test('a client that comes both ways is one client, within one quota', async () => {
  using folder = temporaryFolder()
  const plain = 'security = "plaintext-on-loopback"\ngrpc_security = "plaintext-on-loopback"'
  const listen = `endpoints = ["tcp://127.0.0.1:*"]\ngrpc_addresses = ["127.0.0.1:0"]\n${plain}`
  const { file, env } = configure(folder, listen, '[quotas]\nchannels = 1\nconnections = 2')
  await using daemon = startRun(['--config', file], env)
  const { fields } = await daemon.logged('Watching')
  const security = (client: string) => ({ plaintext: 'loopback', client }) as const
  const byZmq = (client: string): Connector =>
    zmqConnector({ endpoint: fields['endpoints'] ?? '', security: security(client), clock })
  const [one, two] = [watcherAt(byZmq('ann')), overGrpc(fields['grpc'], security('ann'))]
  const [first, second] = [await aChannel(), await aChannel()]
  await one.startWatching(signedStateFromAbi(first.old))
  const refused = { code: 'QUOTA_EXCEEDED' }
  await expect(two.startWatching(signedStateFromAbi(second.old))).rejects.toMatchObject(refused)
  // It is the client of that channel, whichever way it comes; and somebody else is not.
  await two.startWatching(signedStateFromAbi(first.old))
  await overGrpc(fields['grpc'], security('ben')).startWatching(signedStateFromAbi(second.old))

  const status = JSON.parse((await ask({ socketPath: folder.in('data/control.sock') }, '/status')).text)
  expect(status.clients).toMatchObject({ connected: 2, connections: 3 })
  // Of all connections of a client the one that was silent longest gives way, whichever way the new ones come.
  const silent = await byZmq('cy')({})
  for (const _ of [1, 2]) await grpcConnector({ address: fields['grpc'] ?? '', security: security('cy'), clock })({})
  expect(Buffer.from((await silent.receive()) ?? []).toString()).toContain('A newer connection of the same client')
})

test('tokens and keys are let in and sent away by one reload, and each only while it is listed', async () => {
  using folder = temporaryFolder()
  const device = await keygen(folder, 'tls-device', folder.in('device.pem'))
  const other = await keygen(folder, 'tls-device', folder.in('other.pem'))
  const token = await keygen(folder, 'token', folder.in('old.token'), '--client', 'tess')
  const newer = await keygen(folder, 'token', folder.in('new.token'), '--client', 'tess')
  const [clients, tokens] = [folder.in('clients'), folder.in('tokens')]
  writeFileSync(clients, `${device.public}\n`)
  writeFileSync(tokens, `${token.public}\n`)
  const files = `clients_file = "${clients}"\ngrpc_tokens_file = "${tokens}"`
  const { file, env } = configure(folder, `grpc_addresses = ["127.0.0.1:0"]\n${files}`)
  await using daemon = startRun(['--config', file], env)
  const { fields } = await daemon.logged('Watching')
  const serverKey = parsePublicKeyHash(fields['tlsKey'])
  const come = (identity: { keys: ReturnType<typeof tlsKeysOf> } | { token: string }): RemoteWatcher => {
    const shown =
      'keys' in identity ? identity : { token: parseClientToken(readFileSync(identity.token, 'utf8').trim()) }
    return overGrpc(fields['grpc'], { serverKey, ...shown })
  }
  await come({ keys: tlsKeysOf(device) }).connected()
  await come({ token: token.file }).connected()
  const refused = { code: 'CONNECTION_REFUSED' }
  await expect(come({ keys: tlsKeysOf(other) }).connected()).rejects.toMatchObject(refused)
  await expect(come({ token: newer.file }).connected()).rejects.toMatchObject(refused)

  writeFileSync(clients, `${other.public}\n`)
  writeFileSync(tokens, `${newer.public}\n`)
  const { out } = await runMain(['reload', '--json', '--data-directory', folder.in('data')])
  expect(JSON.parse(out)).toEqual({
    clients: 2,
    added: [other.public],
    removed: [device.public],
    connectionsEnded: 2,
    needsRestart: [],
  })
  await come({ keys: tlsKeysOf(other) }).connected()
  await come({ token: newer.file }).connected()
  await expect(come({ keys: tlsKeysOf(device) }).connected()).rejects.toMatchObject(refused)
  await expect(come({ token: token.file }).connected()).rejects.toMatchObject(refused)
})

test('where the gRPC address is taken, the daemon ends, says which, and leaves the other door closed', async () => {
  using folder = temporaryFolder()
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const ipc = folder.in('clients.sock')
  const { file, env } = configure(folder, `endpoints = ["ipc://${ipc}"]\ngrpc_addresses = ["127.0.0.1:${port}"]`)
  appendFileSync(file, 'enrolment = "open"\n')
  await using daemon = startRun(['--config', file], env)
  expect(await daemon.ended).toBe(1)
  const error = daemon.log().find(({ message }) => message === 'perun-watcher cannot run')?.error
  expect(error).toMatchObject({ code: 'ADDRESS_UNUSABLE', message: expect.stringContaining(`127.0.0.1:${port}`) })
  await using again = startRun(['--config', file], { ...env, PERUN_WATCHER_LISTEN_GRPC_ADDRESSES: '127.0.0.1:0' })
  await again.logged('Watching')
})
