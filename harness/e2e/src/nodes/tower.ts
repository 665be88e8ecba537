import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import type { Devnet } from '@perun-watcher/devnet'
import { type RemoteWatcher, remoteWatcher } from '@perun-watcher/protocol'
import {
  type CurveKeys,
  generateCurveKeys,
  parseCurveKeys,
  parseCurvePublicKey,
  zmqConnector,
} from '@perun-watcher/transport-zmq'
import type { Hex } from 'viem'
import type { DaemonStatus } from '../world/control-socket.ts'
import { type Settings, writeConfig } from '../world/daemon-config.ts'
import { type DaemonProcess, startDaemonProcess } from '../world/daemon-process.ts'
import { logReadiness, type ReadinessLog } from './readiness-log.ts'

/** The daemon that is put to the test, through all its lives. */
export interface Tower extends AsyncDisposable {
  readonly readiness: ReadinessLog
  /** The last lines of its log. */
  readonly log: string
  /** A client with keys of its own, of the first life. */
  connect(keys?: CurveKeys): RemoteWatcher
  kill(): Promise<void>
  /** Begins its next life: it may defend long before clients can connect. */
  start(): void
}

export interface TowerOptions {
  readonly program: string
  readonly folder: string
  readonly devnet: Devnet
  /** That pays for refutations. */
  readonly account: Hex
  readonly settings: Settings
}

/** As in `perun-watcher.service`. */
const restartMs = 2_000
const wrongConfiguration = 78
const mostLives = 5

export async function startTower({ program, folder, devnet, account, settings }: TowerOptions): Promise<Tower> {
  const configFile = await writeConfig(folder, devnet, settings, account)
  const data = join(folder, 'data')
  let living: DaemonProcess = startDaemonProcess(program, configFile, data)
  const readiness = logReadiness(() => living.socket)
  const clients: RemoteWatcher[] = []

  async function end(): Promise<void> {
    living.kill('SIGKILL')
    await living.ended
    // They would try to connect for ever; what they say on their way out is of no interest.
    await Promise.all(
      clients.splice(0).map((client) => client.shutdown({ signal: AbortSignal.abort() }).catch(() => {})),
    )
  }

  /** Starts it again as supervisors do, unless its configuration is wrong: endpoints may be away at a start. */
  async function begin(): Promise<DaemonStatus> {
    for (let lives = 1; ; lives++) {
      try {
        return await living.whenRunning()
      } catch (error) {
        const isOver = await Promise.race([living.ended, pause(0)])
        await end()
        if (lives === mostLives || isOver === undefined || isOver.code === wrongConfiguration) throw error
        await pause(restartMs)
        living = startDaemonProcess(program, configFile, data)
      }
    }
  }

  const status = await begin().catch(async (error: unknown) => {
    await readiness[Symbol.asyncDispose]()
    throw error
  })

  return {
    readiness,
    get log() {
      return living.log.tail
    },
    connect(keys = generateCurveKeys()) {
      const security = { serverKey: parseCurvePublicKey(status.publicKey), keys: parseCurveKeys(keys) }
      const endpoint = status.endpoints[0] ?? ''
      const client = remoteWatcher({ connect: zmqConnector({ endpoint, security, clock }), clock, random })
      clients.push(client)
      return client
    },
    kill: end,
    start() {
      living = startDaemonProcess(program, configFile, data)
    },
    async [Symbol.asyncDispose]() {
      await readiness[Symbol.asyncDispose]()
      await end()
    },
  }
}
