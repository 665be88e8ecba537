import type { SignedState } from '@perun-watcher/core'
import { modelSigned } from '@perun-watcher/core/testing'
import { checkConclusions, checkNothingLost, checkTold } from './checks/check-run.ts'
import { type Cheater, cheater } from './parties/cheater.ts'
import { type Client, simClient } from './parties/client.ts'
import { type Channel, type Family, openFamily } from './parties/families.ts'
import { watcherHost } from './parties/watcher-host.ts'
import { disk as emptyDisk } from './world/disk.ts'
import { ledger as newLedger } from './world/ledger.ts'
import { type Dice, dice } from './world/random.ts'
import { type Scheduler, scheduler } from './world/scheduler.ts'
import { timestampAt } from './world/timeline.ts'
import { trace as newTrace } from './world/trace.ts'
import { weather as newWeather } from './world/weather.ts'

const minute = 60_000
/** States are published and cheats are played. */
const activeMs = 30 * minute
/** Windows close, channels are concluded. */
const endMs = 80 * minute

export interface RunResult {
  readonly seed: number
  readonly violations: readonly string[]
  /** How often each rule and fault was met. */
  readonly met: ReadonlyMap<string, number>
  readonly trace: readonly string[]
}

export interface RunOptions {
  /** Most families of a run; fewer make a trace easier to read. Default 3. */
  readonly families?: number | undefined
  /** Without crashes, for narrowing down a failure. */
  readonly withoutCrashes?: boolean | undefined
  /** Keep a readable trace. */
  readonly keepsTrace?: boolean | undefined
}

/** One life of a watcher among faulty machines and a cheater, decided by the seed alone. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const chance = dice(seed)
  const time = scheduler()
  const trace = newTrace(() => time.now, options.keepsTrace ?? false)
  const sky = newWeather(chance.fork('weather'), activeMs)
  const is = (hardship: Parameters<typeof sky.is>[0]): boolean => sky.is(hardship, time.now)
  const ledger = newLedger()
  const disk = emptyDisk()
  const count = chance.fork('families').int(1, options.families ?? 3)
  const families = Array.from({ length: count }, (_, number) => openFamily(chance.fork(`family ${number}`), number + 1))
  const host = watcherHost({
    time,
    chance: chance.fork('host'),
    trace,
    ledger,
    disk,
    is,
    forgeries: () => forgeriesOf(families),
  })
  const clients = families.map((family, number) =>
    simClient(family, { time, chance: chance.fork(`client ${number}`), trace, host, is }),
  )
  const cheaters = families.map((family, number) =>
    cheater(family, { time, chance: chance.fork(`cheater ${number}`), trace, ledger }),
  )

  host.boot()
  mineBlocks({
    time,
    chance: chance.fork('blocks'),
    ledger,
    isFull: () => is('fullBlocks'),
    isShaky: () => is('reorgs'),
    meet: trace.meet,
  })
  for (const [number, client] of clients.entries()) live(client, cheaters[number], time, chance.fork(`life ${number}`))
  if (!options.withoutCrashes) crashSometimes(host.crash, time, chance.fork('crashes'))
  await time.run(endMs)

  const outcome = { clients, ledger, weather: sky, uptimes: host.uptimes, finalRun: host.run }
  const violations = [
    ...checkConclusions(outcome),
    ...(await checkNothingLost(clients, disk)),
    ...checkTold(outcome),
    ...trace.foreseeable.map((reason) => `a call was sent that was known to be refused: ${reason}`),
  ]
  for (const client of clients) client.leave()
  await time.run(endMs + 20 * minute, () => clients.every((client) => client.hasLeft))
  violations.push(...(await leftovers(clients, disk)))
  return { seed, violations, met: trace.met, trace: trace.lines }
}

/** Publishes for half an hour, cheats meanwhile, concludes until the end. */
function live(client: Client, villain: Cheater | undefined, time: Scheduler, chance: Dice): void {
  const { family } = client
  time.after(chance.int(0, 5 * minute), () => {
    client.start()
    const publishNext = (): void => {
      if (time.now < activeMs) {
        publishSomething(client, family, chance)
        time.after(chance.int(1_000, 4 * minute), publishNext)
      }
    }
    time.after(chance.int(10_000, 2 * minute), publishNext)
  })
  const cheatNext = (): void => {
    if (time.now < activeMs) {
      villain?.move()
      time.after(chance.int(5_000, 8 * minute), cheatNext)
    }
  }
  time.after(chance.int(minute, 15 * minute), cheatNext)
  const concludeNext = (): void => {
    villain?.conclude()
    time.after(chance.int(10_000, 3 * minute), concludeNext)
  }
  time.after(chance.int(minute, 20 * minute), concludeNext)
}

function publishSomething(client: Client, family: Family, chance: Dice): void {
  const channel = chance.pick(family.channels)
  const { newest } = channel
  if (newest.state.isFinal) return
  const skip = chance.chance(0.2) ? chance.int(1, 3) : 0
  client.publish(channel, nextState(channel, family, chance, skip))
}

function nextState(channel: Channel, family: Family, chance: Dice, skip: number): SignedState {
  const locked = channel.newest.state.outcome.locked
  const children = family.channels.filter((each) => family.parentOf.get(each.id) === channel)
  if (channel === family.root && locked.length === 0 && children.length > 0 && chance.chance(0.5)) {
    return channel.update({ locks: children, skip })
  }
  if (channel === family.root && locked.length > 0 && chance.chance(0.1)) return channel.update({ locks: [], skip })
  return channel.update({ skip, isFinal: chance.chance(0.05) })
}

/** Look like states of the victims and are worth nothing. */
function forgeriesOf(families: readonly Family[]): readonly SignedState[] {
  return families.map(({ root }) => {
    const state = { ...root.newest.state, version: root.newest.state.version + 1000n }
    const forged = modelSigned(root.params, state)
    return { ...forged, sigs: [...forged.sigs].reverse() }
  })
}

interface MinerDeps {
  readonly time: Scheduler
  readonly chance: Dice
  readonly ledger: ReturnType<typeof newLedger>
  readonly isFull: () => boolean
  readonly isShaky: () => boolean
  readonly meet: (what: string) => void
}

function mineBlocks({ time, chance, ledger, isFull, isShaky, meet }: MinerDeps): void {
  const mineOne = (): void => {
    const full = isFull()
    if (full) meet('fault: full block')
    ledger.mine(timestampAt(time.now), ({ byWatcher }) => !(byWatcher && full && chance.chance(0.9)))
  }
  const next = (): void => {
    if (isShaky() && chance.chance(0.15)) {
      const depth = chance.int(1, 6)
      meet('fault: reorg')
      ledger.reorg(depth, () => chance.chance(0.8))
      for (let block = 0; block <= depth; block++) mineOne()
    } else {
      mineOne()
    }
    time.after(chance.int(3_000, 21_000), next)
  }
  time.after(1_000, next)
}

function crashSometimes(crash: (downMs: number) => void, time: Scheduler, chance: Dice): void {
  for (let count = chance.int(0, 4); count > 0; count--) {
    const downMs = chance.int(100, 2 * minute)
    time.after(chance.int(0, activeMs), () => crash(downMs))
  }
}

async function leftovers(clients: readonly Client[], disk: ReturnType<typeof emptyDisk>): Promise<readonly string[]> {
  if (!clients.every((client) => client.hasLeft)) return ['a client could not stop its watches']
  const rest: string[] = []
  for await (const [id] of disk.channels()) rest.push(`channel ${id} is kept after everybody left`)
  return rest
}
