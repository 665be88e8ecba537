import { type Address, parseAddress } from '@perun-watcher/chain-evm'
import { type Hex, memoryStore } from '@perun-watcher/core'
import { dice } from '@perun-watcher/harness-kit/dice'
import type { SeedJob, SeedResult } from '@perun-watcher/harness-kit/seed-runs'
import { scheduler } from '@perun-watcher/simulation/scheduler'
import { type Exchange, isHex } from '../endpoint/answer.ts'
import { endpoint } from '../endpoint/endpoint.ts'
import { covers } from '../faults/fault.ts'
import type { Asked, Facts, Given, LoadSample } from '../judge/facts.ts'
import { dearSpells } from '../judge/fairness.ts'
import { judge } from '../judge/judge.ts'
import type { Channel } from '../parties/channel.ts'
import { cheater } from '../parties/cheater.ts'
import { type Client, client } from '../parties/client.ts'
import { cursorWatch } from '../subject/cursor-watch.ts'
import { host } from '../subject/host.ts'
import { decodeTransaction, type Transaction } from '../truth/transaction.ts'
import { describePlan } from './describe-plan.ts'
import { every } from './every.ts'
import { liveOn, openChannels } from './lives.ts'
import { keepMining } from './mining.ts'
import { observeAnswer } from './observe.ts'
import { drawPlan, type Plan, type PlanOptions } from './plan.ts'
import { type Theme, themeOf } from './themes.ts'
import { trace as newTrace } from './trace.ts'
import { openWorld } from './world.ts'

export interface RunOptions extends PlanOptions {
  /** Keep a readable trace. */
  readonly keepsTrace?: boolean | undefined
}

export interface RunResult extends SeedResult {
  readonly theme: Theme
}

/** What stands for a run that threw, or whose process ended: that is as bad as a broken promise. */
export function failedRun({ seed, options }: SeedJob<RunOptions>, reason: string): RunResult {
  const { theme = themeOf(seed) } = options
  return { seed, theme, violations: [`the run failed: ${reason}`], met: new Map(), trace: [] }
}

/** What the watcher pays from. */
const accountsOf = ({ accounts }: Pick<Plan, 'accounts'>): readonly Address[] =>
  ['0a', '0b', '0c'].slice(0, accounts).map((byte) => parseAddress(`0x${byte.repeat(20)}`))

const tendMs = 2_000
const sampleMs = 600_000

/** One life of the watcher's program among nodes, decided by the seed alone. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const chances = dice(seed)
  const theme = options.theme ?? themeOf(seed)
  const plan = drawPlan(chances, theme, options)
  const time = scheduler()
  const now = (): number => time.now
  const trace = newTrace(now, options.keepsTrace ?? false)
  for (const line of describePlan(plan)) trace.say(line)
  const accounts = accountsOf(plan)
  const { chain, contract, market, notary, rules, cap, chainId } = openWorld(chances, { plan, accounts, now })
  const channels = openChannels(notary, seed, plan)
  const all: readonly Channel[] = [...channels.guarded, ...channels.floods, ...channels.strangers]

  const isOpen = (): boolean =>
    channels.guarded.some(({ id, newest }) => {
      const record = chain.head.disputes.get(id)
      return record?.phase === 'dispute' && record.version < newest.state.version
    })
  const disk = memoryStore()
  const cursor = cursorWatch({ chain, disk, channels: channels.guarded, chainId })
  const asked: Asked[] = []
  const offers = new Map<Hex, Transaction>()
  const noteOffer = (raw: Hex): void => void offers.set(raw, decodeTransaction(raw, chainId))
  /** What is sent without a record of it never shows on the disk. */
  const noteSent = ({ method, params: [raw] }: Exchange): void => {
    if (method === 'eth_sendRawTransaction' && isHex(raw)) noteOffer(raw)
  }
  const endpoints = plan.endpoints.map((each, index) =>
    endpoint(each, {
      chain,
      contract,
      market,
      now,
      rules,
      pause: (ms) => new Promise((resolve) => time.after(ms, resolve)),
      blockMs: plan.tempo.blockMs,
      dice: chances.fork(`endpoint ${index}`),
      onFault(kind, { method }) {
        trace.meet(`fault: ${kind}`)
        if (isOpen()) trace.meet(`fault in a dispute: ${kind}`)
        trace.say(`    ${each.name}: ${kind} ${method}`)
      },
      onAnswer(exchange, answer) {
        asked.push({ method: exchange.method, atMs: time.now })
        observeAnswer(exchange, answer, trace)
        noteSent(exchange)
      },
    }),
  )
  const announcers = new Set<() => void>()
  const subject = host({
    time,
    dice: chances.fork('host'),
    settings: {
      chainId,
      accounts,
      finalityDepth: plan.finalityDepth,
      requestTimeoutMs: plan.tempo.requestTimeoutMs,
      maxFeePerGasCap: cap,
      maxPendingPerLane: plan.places,
    },
    endpoints,
    disk,
    watchHeads({ plan: { lagMs } }, wake) {
      const announce = (): void => time.after(lagMs + chances.int(1, 50), wake)
      announcers.add(announce)
      return () => announcers.delete(announce)
    },
    isFull: () => plan.fullDisk.some((spell) => covers(spell, time.now)),
    onFullDisk: () => trace.meet('fault: fullDisk'),
    onAttempt: ({ raw }) => noteOffer(raw),
    onCursor: (blockNumber) => cursor.onCursor(blockNumber),
    onDelivered: (exchange, answer) => cursor.onAnswer(exchange, answer),
    say: trace.say,
  })
  chain.onBlock((block) => {
    const told = block.included.map(
      ({ transaction, succeeded }) => `${transaction.from.slice(2, 4)}:${transaction.nonce}${succeeded ? '' : '!'}`,
    )
    trace.say(`block ${block.number} ${told.join(' ')}`)
    const own = block.included.filter(({ transaction }) => accounts.includes(transaction.from))
    if (own.some(({ succeeded }) => succeeded)) trace.meet('refuted')
    if (theme === 'burningHolder' && own.some(({ succeeded }) => !succeeded)) trace.meet('fault: burningHolder')
    for (const announce of [...announcers]) announce()
  })

  const other = cheater({ time, chain, channels: all, say: trace.say })
  const clients: readonly Client[] = [
    ...channels.guarded.map((each, index) =>
      client(`client-${index % 2}`, { time, host: subject, channels: [each], say: trace.say }),
    ),
    client('flooder', { time, host: subject, channels: channels.floods, say: () => {} }),
  ]
  const given: Given[] = []
  every(time, tendMs, () => {
    for (const each of clients) each.tend()
    for (const { id, newest } of channels.guarded) {
      const { version } = newest.state
      if (!given.some((each) => each.channelId === id && each.version === version))
        given.push({ channelId: id, version, atMs: time.now })
    }
  })
  let capacity: Facts['capacity']
  time.after(plan.cheating.fromMs, () => {
    capacity = subject.engine?.capacity
    const { channels: guarded, answerable } = capacity ?? { channels: 0, answerable: 0 }
    trace.say(`${guarded} channels are guarded, of which ${answerable} could be answered at once`)
    if (guarded > answerable) trace.meet('told: capacity exceeded')
  })
  const loads: LoadSample[] = []
  every(time, sampleMs, () => {
    loads.push({ atMs: time.now, ...subject.load, tasks: subject.engine?.stats.tasks ?? 0 })
  })
  keepMining({ time, chain, plan, trace, onBlock: () => other.onBlock() })
  liveOn(channels, { time, plan, dice: chances.fork('lives'), register: other.register })
  for (const { atMs, downMs } of plan.crashes) {
    time.after(atMs, () => {
      trace.meet('fault: crashes')
      subject.crash(downMs)
    })
  }
  subject.boot()
  await time.run(plan.endMs)

  if (plan.theme !== 'calm') trace.meet(`theme: ${theme}`)
  const heard = clients.flatMap((each) => each.heard)
  for (const { reason } of heard) if (reason !== undefined) trace.meet(`told: ${reason}`)
  const violations = judge({
    plan,
    chain,
    market,
    guarded: channels.guarded,
    floods: channels.floods,
    given,
    acknowledged: clients.flatMap(({ acknowledged }) => acknowledged),
    heard,
    endpoints: plan.endpoints,
    uptimes: subject.uptimes,
    offers: [...offers.values()],
    registrations: other.registrations,
    loads,
    capacity,
    asked,
    passed: cursor.passed,
    accounts,
    dear: dearSpells(chain, market, cap),
    cap,
    nowMs: time.now,
  })
  for (const each of violations) trace.say(`VIOLATION: ${each}`)
  return { seed, theme, violations, met: trace.met, trace: trace.lines }
}
