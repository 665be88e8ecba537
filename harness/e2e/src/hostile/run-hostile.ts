import { setTimeout as pause } from 'node:timers/promises'
import { type Memory, memoryOf } from '../world/memory.ts'
import { type AttackedDaemon, startAttackedDaemon } from './attacked-daemon.ts'
import { serviceMonitor } from './service-monitor.ts'
import { type Bounds, violationsOf } from './verdict.ts'

export interface HostileOptions {
  /** How long to attack, at least. */
  readonly seconds: number
  /** How often to make each attack, at least. */
  readonly rounds: number
  readonly seed: number
  readonly signal?: AbortSignal
  readonly onProgress?: (sentence: string) => void
}

export interface HostileResult {
  /** What was broken; empty if nothing was. */
  readonly violations: readonly string[]
  readonly seconds: number
  readonly rounds: number
  /** By attack: frames, messages or connections. */
  readonly sent: Readonly<Record<string, number>>
  /** States of honest clients that were acknowledged meanwhile. */
  readonly published: bigint
  readonly logLines: number
  readonly logBytes: number
  readonly memory: { readonly before: Memory | undefined; readonly after: Memory | undefined }
}

/** Far more than a daemon takes, far less than it could be made to take. */
const bounds: Bounds = { channels: 40, memoryMiB: 700, logLinesPerMinute: 400 }

/** States that every honest client gets acknowledged under attack, however slow the machine is. */
const leastPublished = 20n

/** Lets Mallory attack a daemon that honest clients use at the same time, and one of their channels on the chain. */
export async function runHostile(options: HostileOptions): Promise<HostileResult> {
  const { seconds, rounds, seed, signal, onProgress = () => {} } = options
  await using attacked = await startAttackedDaemon({ seed, channels: bounds.channels, honestClients: 2 })
  const { daemon, mallory, clients } = attacked
  const before = await memoryOf(daemon.pid)
  const begun = performance.now()
  const elapsed = (): number => (performance.now() - begun) / 1000
  const served = serviceMonitor(clients)
  const failures: string[] = []
  let cheating: Promise<void> | undefined
  let promisedBeforeCheat = 0n

  void daemon.ended.then(({ code, signal: by }) => failures.push(`the daemon ended with ${by ?? code}`))
  const isEnough = (share: number): boolean =>
    elapsed() >= seconds * share && mallory.rounds >= rounds * share && served.least >= leastPublished
  while (failures.length === 0 && !signal?.aborted && !(isEnough(1) && cheating !== undefined)) {
    await pause(1_000)
    onProgress(`${Math.round(elapsed())} s, ${mallory.rounds} rounds, ${served.total} states of honest clients`)
    if (isEnough(0.5) && cheating === undefined) {
      promisedBeforeCheat = clients[0]?.acknowledged ?? 0n
      cheating = clients[0]?.channel.cheat(1n)
    }
    failures.push(...served.complaints(), ...(mallory.failure === undefined ? [] : [`Mallory: ${mallory.failure}`]))
  }
  await cheating
  const violations = failures.length > 0 ? failures : await examine(attacked, promisedBeforeCheat, elapsed())
  const after = await memoryOf(daemon.pid)
  return {
    violations,
    seconds: Math.round(elapsed()),
    rounds: mallory.rounds,
    sent: mallory.sent,
    published: served.total,
    logLines: daemon.log.lines,
    logBytes: daemon.log.bytes,
    memory: { before, after },
  }
}

/** What the daemon and the chain hold, while the attack goes on. */
async function examine(
  attacked: AttackedDaemon,
  promisedBeforeCheat: bigint,
  seconds: number,
): Promise<readonly string[]> {
  const { daemon, clients } = attacked
  await Promise.all(clients.map((client) => client.stop()))
  const [cheated] = clients
  await cheated?.channel.defended(promisedBeforeCheat)
  const lines = await daemon.channels()
  const held = new Map(lines.map(({ id, version }) => [id, BigInt(version)]))
  const counts = new Map<string, number>()
  for (const client of lines.flatMap((line) => line.clients)) counts.set(client, (counts.get(client) ?? 0) + 1)
  const channels = clients.map(({ channel, acknowledged }) => ({ acknowledged, held: held.get(channel.id) }))
  const memory = await memoryOf(daemon.pid)
  return violationsOf(
    {
      failures: [],
      channels,
      mostChannels: Math.max(...counts.values()),
      memoryMiB: memory?.mostMiB,
      logLines: daemon.log.lines,
      minutes: seconds / 60,
    },
    bounds,
  )
}
