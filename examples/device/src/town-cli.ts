import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import { askDaemon } from './control.ts'
import { usualFolder, writeDeviceFile } from './device-file.ts'
import { buildTown, type Town, watcherAccount } from './town.ts'

const [given = usualFolder] = process.argv.slice(2)
const folder = resolve(given)
const data = join(folder, 'data')
const socket = join(data, 'control.sock')
const program = fileURLToPath(new URL('../../../apps/daemon/src/cli.ts', import.meta.url))

const ending = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ending.abort())
const { signal } = ending

await rm(folder, { recursive: true, force: true })
await mkdir(folder, { recursive: true, mode: 0o700 })
const devnet = await startDevnet({ blockTime: 1 })
const town = await buildTown(devnet)
const keys = generateCurveKeys()
const daemon = await startDaemon(devnet, keys.publicKey)
try {
  await play(town)
  await once(signal, 'abort')
} catch (error) {
  if (!signal.aborted) throw error
} finally {
  daemon.kill('SIGTERM')
  if (daemon.exitCode === null) await once(daemon, 'exit')
  await devnet.stop()
}

/** The program as an operator starts it, with CURVE, open to one device. */
async function startDaemon({ rpcUrl, chainId, contracts }: Devnet, device: string): Promise<ChildProcess> {
  const keyFile = join(folder, 'account.key')
  const configFile = join(folder, 'config.toml')
  await writeFile(keyFile, watcherAccount, { mode: 0o600 })
  await writeFile(
    configFile,
    `[data]
directory = ${JSON.stringify(data)}

[chain]
rpc = [${JSON.stringify(rpcUrl)}]
id = ${chainId}
adjudicator = "${contracts.adjudicator}"
poll_interval = "250ms"

[account]
key_file = ${JSON.stringify(keyFile)}

[listen]
endpoints = ["tcp://127.0.0.1:*"]
clients = ['${device}']

[http]
address = "off"

[log]
level = "error"
`,
  )
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'run', '--config', configFile], {
    stdio: ['ignore', 2, 2],
  })
  child.once('exit', () => ending.abort())
  return child
}

async function play({ states, channelId, newest, cheat, registered }: Town): Promise<void> {
  const { endpoints, publicKey } = await until(async () => {
    const status = JSON.parse(await askDaemon(socket, '/status').catch(() => '{}'))
    return status.readiness?.ready === true ? status : undefined
  })
  await writeDeviceFile(join(folder, 'device.json'), { endpoint: endpoints[0], watcherKey: publicKey, keys, states })
  say(`the daemon guards at ${endpoints[0]}, with the public key ${publicKey}`)
  say(`now type in a second terminal: npx pnpm@10.34.9 demo:device${given === usualFolder ? '' : ` ${given}`}`)
  await until(async () => {
    const line = (await askDaemon(socket, '/channels')).split('\n').find((text) => text.includes(channelId))
    const { clients } = JSON.parse(await askDaemon(socket, '/status'))
    return line?.includes(`"version":"${newest}"`) && clients.connections === 0 ? true : undefined
  })
  say(`the device handed over version ${newest} and sleeps`)
  say(`Mallory registered version ${await cheat()}, in which she still owned most`)
  await until(async () => ((await registered()) === newest ? true : undefined))
  say(`the daemon registered version ${newest}: Mallory gets nothing out of it`)
  say('wake the device up: press Enter in its terminal. Ctrl-C here ends everything.')
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await pause(100, undefined, { signal })
  }
}

function say(sentence: string): void {
  process.stdout.write(`Daemon: ${sentence}\n`)
}
