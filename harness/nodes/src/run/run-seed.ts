import { type Address, parseAddress } from '@perun-watcher/chain-evm'
import { memoryStore, parseBytes } from '@perun-watcher/core'
import { type Dice, dice } from '@perun-watcher/harness-kit/dice'
import { type Scheduler, scheduler } from '@perun-watcher/simulation/scheduler'
import { endpoint } from '../endpoint/endpoint.ts'
import type { PoolRules } from '../endpoint/pool-rules.ts'
import { covers } from '../faults/fault.ts'
import { type Facts, judge } from '../judge/judge.ts'
import { type Channel, channel } from '../parties/channel.ts'
import { cheater, cheaterAccount } from '../parties/cheater.ts'
import { client } from '../parties/client.ts'
import { host } from '../subject/host.ts'
import { type Chain, chain as newChain } from '../truth/chain.ts'
import { contract as newContract } from '../truth/contract.ts'
import { market as newMarket } from '../truth/market.ts'
import { notary as newNotary } from '../truth/notary.ts'
import { decodeTransaction, type Transaction } from '../truth/transaction.ts'
import { drawPlan, type Plan, type PlanOptions } from './plan.ts'
import { type Theme, themeOf } from './themes.ts'
import { type Trace, trace as newTrace } from './trace.ts'

export interface RunOptions extends PlanOptions {
  /** Keep a readable trace. */
  readonly keepsTrace?: boolean | undefined
}

export interface RunResult {
  readonly seed: number
  readonly theme: Theme
  readonly violations: readonly string[]
  readonly met: ReadonlyMap<string, number>
  readonly trace: readonly string[]
}

const gwei = 1_000_000_000n
const ether = 10n ** 18n
const chainId = 31_337n
const genesisSeconds = 1_700_000_000n
const holder = parseBytes(`0x${'55'.repeat(20)}`)
const burningHolder = parseBytes(`0x${'b5'.repeat(20)}`)
const ourAccount: Address = parseAddress(`0x${'0a'.repeat(20)}`)

/** One life of the watcher's program among nodes, decided by the seed alone. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const chances = dice(seed)
  const theme = options.theme ?? themeOf(seed)
  const plan = drawPlan(chances, theme, options)
  const time = scheduler()
  const trace = newTrace(() => time.now, options.keepsTrace ?? false)
  const now = (): number => time.now
  const pause = (ms: number): Promise<void> => new Promise((resolve) => time.after(ms, resolve))
  describe(plan, trace)

  const cap = chances.fork('cap').pick([100n, 300n, 500n]) * gwei
  const balance = theme === 'lowFunds' ? ether / 20n : 100n * ether
  const market = newMarket(chances.fork('market'), plan.spikes, cap)
  const notary = newNotary()
  const contract = newContract({ notary, burners: new Set([burningHolder]) })
  const extraFee = (_: Transaction): bigint => (theme === 'extraFee' ? ether / 1_000n : 0n)
  const chain = newChain({
    contract,
    market,
    now,
    genesisSeconds,
    accounts: new Map([[ourAccount, { nonce: 0n, balance: theme === 'extraFee' ? ether / 50n : balance }]]),
    extraFee,
    isFree: (account) => account === cheaterAccount,
  })
  const rules: PoolRules = {
    chainId,
    raise: chances.fork('pool').pick([100n, 125n]),
    pending: 16,
    queued: 64,
    feeCap: theme === 'nodeFeeCap' ? ether / 100n : ether,
    gasCap: 2n ** 24n,
    extraFee,
  }
  const channels = Array.from({ length: plan.channels }, (_, index) =>
    channel(notary, {
      nonce: BigInt(seed * 1_000 + index),
      durationSeconds: plan.durationSeconds,
      holder: theme === 'burningHolder' ? burningHolder : holder,
    }),
  )
  const isOpen = (): boolean =>
    channels.some(({ id, newest }) => {
      const record = chain.head.disputes.get(id)
      return record?.phase === 'dispute' && record.version < newest.state.version
    })
  const endpoints = plan.endpoints.map((each, index) =>
    endpoint(each, {
      chain,
      contract,
      market,
      now,
      pause,
      rules,
      blockMs: plan.tempo.blockMs,
      dice: chances.fork(`endpoint ${index}`),
      onFault(kind, { method }) {
        trace.meet(`fault: ${kind}`)
        if (isOpen()) trace.meet(`fault in a dispute: ${kind}`)
        trace.say(`    ${each.name} ${kind} ${method}`)
      },
      onAnswer: () => {},
    }),
  )
  const wakers = new Set<() => void>()
  const offers: Transaction[] = []
  const cursors: { readonly atMs: number; readonly blockNumber: bigint }[] = []
  const subject = host({
    time,
    dice: chances.fork('host'),
    settings: {
      chainId,
      accounts: [ourAccount],
      finalityDepth: plan.finalityDepth,
      requestTimeoutMs: plan.tempo.requestTimeoutMs,
      maxFeePerGasCap: cap,
    },
    endpoints,
    disk: memoryStore(),
    watchHeads(wake) {
      wakers.add(wake)
      return () => wakers.delete(wake)
    },
    isFull: () => plan.fullDisk.some((spell) => covers(spell, time.now)),
    onFullDisk: () => trace.meet('fault: fullDisk'),
    onAttempt: ({ raw }) => void offers.push(decodeTransaction(raw, chainId)),
    onCursor: (blockNumber) => void cursors.push({ atMs: time.now, blockNumber }),
    say: trace.say,
  })
  chain.onBlock((block) => {
    trace.say(`block ${block.number} ${block.included.map(({ transaction, succeeded }) => `${transaction.from.slice(2, 4)}:${transaction.nonce}${succeeded ? '' : '!'}`).join(' ')}`)
    for (const wake of [...wakers]) time.after(chances.int(1, 200), wake)
  })
  const other = cheater({ time, chain, channels, say: trace.say })
  const parties = channels.map((each, index) =>
    client(`client-${index % 2}`, { time, host: subject, channels: [each], say: trace.say }),
  )

  keepMining(time, chain, plan, trace, () => other.onBlock())
  every(time, 2_000, () => parties.forEach((each) => void each.tend()))
  for (const [index, each] of channels.entries()) live(each, { time, plan, dice: chances.fork(`life ${index}`), register: other.register })
  for (const { atMs, downMs } of plan.crashes) time.after(atMs, () => subject.crash(downMs))
  subject.boot()
  await time.run(plan.endMs)

  const facts: Facts = {
    chain,
    channels,
    acknowledged: parties.flatMap(({ acknowledged }) => acknowledged),
    heard: parties.flatMap(({ heard }) => heard),
    endpoints: plan.endpoints,
    uptimes: subject.uptimes,
    plan,
    market,
    offers,
    cursors,
    account: ourAccount,
    cap,
    nowMs: time.now,
  }
  const violations = judge(facts)
  for (const each of violations) trace.say(`VIOLATION: ${each}`)
  return { seed, theme, violations, met: trace.met, trace: trace.lines }
}

function describe({ theme, tempo, durationSeconds, finalityDepth, channels, endpoints, reorgs, spikes }: Plan, { say }: Trace): void {
  say(`theme ${theme}, ${tempo.name} chain, windows of ${durationSeconds} s, finality ${finalityDepth}, ${channels} channels`)
  for (const { name, roundTripMs, faults } of endpoints) {
    const told = faults.map(({ kind, spell }) =>
      spell === undefined ? kind : `${kind} (${spell.fromMs / 1_000}–${spell.untilMs / 1_000} s)`,
    )
    say(`${name}: ${roundTripMs} ms; ${told.join(', ')}`)
  }
  for (const { atMs, depth } of reorgs) say(`reorg of ${depth} at ${atMs / 1_000} s`)
  for (const { fromMs, untilMs } of spikes) say(`spike ${fromMs / 1_000}–${untilMs / 1_000} s`)
}

function every(time: Scheduler, ms: number, task: () => void): void {
  time.after(ms, () => {
    task()
    every(time, ms, task)
  })
}

function keepMining(time: Scheduler, chain: Chain, plan: Plan, trace: Trace, after: () => void): void {
  const isDropping = (): boolean => plan.drops.some((spell) => covers(spell, time.now))
  every(time, plan.tempo.blockMs, () => {
    if (isDropping()) {
      for (const { hash, from } of [...chain.pool.values()]) {
        if (from === cheaterAccount) continue
        chain.drop(hash)
        trace.meet('fault: droppedTransactions')
      }
    }
    chain.mine()
    after()
  })
  for (const { atMs, depth, keeps } of plan.reorgs) {
    time.after(atMs, () => {
      trace.say(`a reorg of ${depth}`)
      trace.meet(depth > plan.finalityDepth ? 'fault: deepReorg' : 'fault: reorg')
      // What the cheater did, it does again.
      chain.reorg(depth, ({ from }) => keeps || from === cheaterAccount)
      after()
    })
  }
}

interface LifeDeps {
  readonly time: Scheduler
  readonly plan: Plan
  readonly dice: Dice
  readonly register: (signed: Channel['newest']) => void
}

/** States are signed, and at some time an old one is registered. */
function live(own: Channel, { time, plan, dice: chances, register }: LifeDeps): void {
  const { activeMs, tempo, theme } = plan
  const updates = chances.int(1, 5)
  const cheatAtMs = chances.int(Math.floor(activeMs / 3), activeMs)
  for (let count = 0; count < updates; count++) {
    const isFinal = theme === 'burningHolder' && count === updates - 1
    time.after(chances.int(1_000, Math.floor(activeMs / 3)), () => void (own.newest.state.isFinal || own.update(isFinal)))
  }
  if (theme === 'busyPublisher') every(time, tempo.blockMs, () => void (time.now < activeMs * 2 && own.update()))
  time.after(cheatAtMs, () => {
    const old = own.states[chances.int(0, Math.max(0, own.states.length - 2))]
    if (old !== undefined) register(old)
  })
  if (chances.chance(0.2)) {
    time.after(cheatAtMs + chances.int(1, 60_000), () => {
      const old = own.states[Math.max(0, own.states.length - 2)]
      if (old !== undefined) register(old)
    })
  }
}
