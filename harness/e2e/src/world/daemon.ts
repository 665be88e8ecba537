import { join } from 'node:path'
import type { Devnet } from '@perun-watcher/devnet'
import { askChannels, askStatus, type ChannelLine, type DaemonStatus } from './control-socket.ts'
import { type Settings, writeConfig } from './daemon-config.ts'
import { type DaemonEnd, type DaemonLog, type DaemonProcess, startDaemonProcess } from './daemon-process.ts'
import { type CommandEnd, runCommand, type View, viewCommand } from './operator.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

/** A daemon through all its lives, with one data directory, behind a proxy whose address stays. */
export interface Daemon extends AsyncDisposable {
  /** What clients connect to: the proxy. */
  readonly endpoint: string
  /** The way around the proxy. */
  readonly directEndpoint: string
  readonly publicKey: string
  readonly pid: number
  readonly proxy: TcpProxy
  /** Of this life. */
  readonly log: DaemonLog
  status(): Promise<DaemonStatus>
  channels(): Promise<readonly ChannelLine[]>
  /** Its data directory. */
  readonly data: string
  /** Runs a command of the program with the configuration of this daemon, until it ends. */
  command(...args: readonly string[]): Promise<CommandEnd>
  /** Runs one that goes on until it is interrupted. */
  view(...args: readonly string[]): View
  /** Puts other settings into its configuration file. */
  configure(settings: Settings): Promise<void>
  /** As supervisors ask a daemon to read its configuration again. */
  hangUp(): void
  leaveUnread(): void
  /** Kills it where it stands. */
  kill(): Promise<void>
  /** Asks it to end in order; a second time, to end at once. @param signal two of one kind may arrive as one. */
  terminate(signal?: 'SIGTERM' | 'SIGINT'): void
  readonly ended: Promise<DaemonEnd>
  /** Its next life. Resolves when clients can connect. */
  start(): Promise<void>
}

export interface DaemonOptions {
  readonly program: string
  readonly folder: string
  readonly devnet: Devnet
  readonly settings?: Settings
}

export async function startDaemon({ program, folder, devnet, settings = {} }: DaemonOptions): Promise<Daemon> {
  const configFile = await writeConfig(folder, devnet, settings)
  const data = join(folder, 'data')
  const proxy = await startTcpProxy()
  let living: DaemonProcess = startDaemonProcess(program, configFile, data)
  let status = await arrive()

  async function arrive(): Promise<DaemonStatus> {
    try {
      const arrived = await living.whenReady()
      proxy.target = Number(arrived.endpoints[0]?.split(':').at(-1))
      return arrived
    } catch (error) {
      // Nobody gets a handle to end it with.
      await kill()
      await proxy[Symbol.asyncDispose]()
      throw error
    }
  }

  async function kill(): Promise<void> {
    proxy.target = undefined
    living.kill('SIGKILL')
    await living.ended
  }

  return {
    endpoint: `tcp://127.0.0.1:${proxy.port}`,
    get directEndpoint() {
      return status.endpoints[0] ?? ''
    },
    get publicKey() {
      return status.publicKey
    },
    get pid() {
      return living.pid
    },
    proxy,
    get log() {
      return living.log
    },
    async status() {
      const now = await askStatus(living.socket)
      if (now === undefined) throw new Error(`The daemon does not answer. Its log ends with: ${living.log.tail}`)
      return now
    },
    channels: () => askChannels(living.socket),
    data,
    command: (...args) => runCommand(program, [...args, '--config', configFile]),
    view: (...args) => viewCommand(program, [...args, '--config', configFile]),
    async configure(changed) {
      await writeConfig(folder, devnet, changed)
    },
    hangUp: () => living.kill('SIGHUP'),
    leaveUnread: () => living.leaveUnread(),
    kill,
    terminate: (signal = 'SIGTERM') => living.kill(signal),
    get ended() {
      return living.ended
    },
    async start() {
      living = startDaemonProcess(program, configFile, data)
      status = await arrive()
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await proxy[Symbol.asyncDispose]()
    },
  }
}
