import { parseGwei } from 'viem'
import { switched } from '../../rpc-proxy/compose.ts'
import { hangs } from '../../rpc-proxy/reading-faults.ts'
import { until } from '../../world/until.ts'
import type { NodesCase } from '../case.ts'
import { type GuardedChannel, newestVersion } from '../guarded-channel.ts'
import { untilDefended } from '../plays.ts'
import type { Stage } from '../stage.ts'

async function wellStarted(stage: Stage, settings = {}): Promise<void> {
  const { httpUrl } = await stage.endpoint()
  await stage.start([httpUrl], settings)
}

async function defended({ channel }: GuardedChannel): Promise<void> {
  await until(
    'the newest version on the chain',
    async () => (await channel.registered()) === newestVersion || undefined,
  )
}

/** The block with the answer is taken back, twice, and the answer is not put back among what waits. */
async function answerTakenBack(stage: Stage): Promise<void> {
  await wellStarted(stage)
  const guarded = await stage.guard()
  await stage.cheat(guarded)
  for (let times = 0; times < 2; times++) {
    await defended(guarded)
    await stage.world.chain.devnet.anvil.reorg(1)
  }
}

/** Deeper than what counts as final: the account's last transaction is taken back with the dispute that it answered. */
async function nonceTakenBack(stage: Stage): Promise<void> {
  const { anvil } = stage.world.chain.devnet
  await wellStarted(stage, { chain: { finality_depth: '4' } })
  const [first, second] = [await stage.guard(600n), await stage.guard()]
  await anvil.mine({ blocks: 5 })
  await first.channel.cheat(1n)
  await defended(first)
  await anvil.mine({ blocks: 10 })
  await stage.pause(5)
  await anvil.reorg(25)
  await stage.pause(3)
  await stage.cheat(second)
}

/** The node goes back to what it was before, as one that was restored behind its URL. */
async function nodeReset(stage: Stage): Promise<void> {
  const { anvil } = stage.world.chain.devnet
  const snapshot = await anvil.snapshot()
  await wellStarted(stage)
  const [first, second] = [await stage.guard(600n), await stage.guard()]
  await first.channel.cheat(1n)
  await defended(first)
  await anvil.mine({ blocks: 30 })
  await stage.pause(3)
  await anvil.revert(snapshot)
  await stage.pause(3)
  await stage.cheat(second)
}

/** Others bid so much for half of the window that nobody else gets in. */
async function feeSpike(stage: Stage): Promise<void> {
  const { anvil } = stage.world.chain.devnet
  await wellStarted(stage)
  const guarded = await stage.guard()
  await stage.cheat(guarded)
  for (let seconds = 0; seconds < 25; seconds++) {
    await anvil.setNextBaseFee(parseGwei('200'))
    await stage.pause(1)
  }
}

/** What waits is forgotten for a quarter of the window. */
async function dropped(stage: Stage): Promise<void> {
  const { anvil } = stage.world.chain.devnet
  await wellStarted(stage)
  const guarded = await stage.guard()
  await stage.cheat(guarded)
  const begun = performance.now()
  while (performance.now() - begun < 15_000) {
    await anvil.dropPending()
    await stage.pause(0.1)
  }
}

/** No block comes for a while: nothing can be answered, and that is told. */
async function chainHalts(stage: Stage): Promise<void> {
  await wellStarted(stage)
  const guarded = await stage.guard()
  await stage.cheat(guarded)
  await stage.world.chain.pause()
  const heal = stage.blindFrom()
  await untilDefended(stage, guarded, 40)
  heal()
  await stage.world.chain.resume()
}

/** The daemon dies in the moment in which it sends, and once more in its next life. */
async function killedWhileSending(stage: Stage): Promise<void> {
  const trap = switched(hangs('eth_sendRawTransaction'), true)
  const { httpUrl, requests } = await stage.endpoint([trap.fault])
  const tower = await stage.start([httpUrl])
  const guarded = await stage.guard()
  await stage.cheat(guarded, { isAway: true })
  const sends = (): number => requests.get('eth_sendRawTransaction') ?? 0
  for (let lives = 0; lives < 2; lives++) {
    const before = sends()
    await until('a transaction that is sent', () => sends() > before || undefined)
    await tower.kill()
    trap.isOn = lives === 0
    tower.start()
  }
}

/** Everything at once: many channels of one client, cheated in the same moment. */
async function manyAtOnce(stage: Stage): Promise<void> {
  await wellStarted(stage)
  const all: GuardedChannel[] = []
  for (let count = 0; count < 40; count++) all.push(await stage.guard(120n))
  await Promise.all(all.map((guarded) => stage.cheat(guarded, { isAway: true })))
}

/** Another client has many channels whose windows end just before, and gets a newer state acknowledged every second. */
async function crowdBefore(stage: Stage): Promise<void> {
  await wellStarted(stage)
  const hostile = stage.tower.connect()
  const channels = Array.from({ length: 48 }, () => stage.world.chain.openChannel(50n))
  const watches = await Promise.all(
    channels.map(async (channel) => ({ channel, watch: await hostile.startWatching(await channel.state(2n)) })),
  )
  const victim = await stage.guard()
  await Promise.all(channels.map((channel) => channel.cheat(1n)))
  await stage.cheat(victim)
  for (let version = 3n; version < 40n && (await victim.channel.registered()) !== newestVersion; version++) {
    await Promise.all(watches.map(async ({ channel, watch }) => watch.statesPub.publish(await channel.state(version))))
    await stage.pause(1)
  }
}

/** Blocks come faster than a round trip to the node, and there is something to catch up with. */
async function fastBlocks(stage: Stage): Promise<void> {
  const { anvil } = stage.world.chain.devnet
  const { httpUrl } = await stage.endpoint([
    async (exchange, next) => {
      await stage.pause(0.12)
      const answer = await next(exchange)
      await stage.pause(0.12)
      return answer
    },
  ])
  const tower = await stage.start([httpUrl])
  const guarded = await stage.guard(480n)
  await tower.kill()
  await anvil.mine({ blocks: 100 })
  let isOver = false
  const mining = (async () => {
    while (!isOver) {
      await anvil.mine()
      await stage.pause(0.25)
    }
  })()
  try {
    await stage.cheat(guarded, { isAway: true })
    tower.start()
    await untilDefended(stage, guarded, 90)
  } finally {
    isOver = true
    await mining
  }
}

/** What goes wrong with the chain itself, the machine, or other clients. */
export const chains: readonly NodesCase[] = [
  { name: 'answerTakenBack', kind: 'N10', needsOwnChain: true, play: answerTakenBack },
  { name: 'nonceTakenBack', kind: 'N10', needsOwnChain: true, play: nonceTakenBack },
  { name: 'nodeReset', kind: 'N10', needsOwnChain: true, play: nodeReset },
  { name: 'feeSpike', kind: 'N7', needsOwnChain: true, play: feeSpike },
  { name: 'droppedTransactions', kind: 'N7', needsOwnChain: true, play: dropped },
  { name: 'chainHalts', kind: 'N12', needsOwnChain: true, play: chainHalts },
  { name: 'killedWhileSending', kind: 'N11', play: killedWhileSending },
  { name: 'manyAtOnce', kind: 'N13', needsOwnChain: true, play: manyAtOnce },
  { name: 'crowdBefore', kind: 'T1', needsOwnChain: true, play: crowdBefore },
  { name: 'fastBlocks', kind: 'N3', needsOwnChain: true, play: fastBlocks },
]
