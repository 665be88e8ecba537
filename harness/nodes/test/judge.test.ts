import type { UnsignedTransaction } from '@perun-watcher/chain-evm'
import { v1 } from '@perun-watcher/chain-evm/internal'
import { parseBytes } from '@perun-watcher/core'
import { dice } from '@perun-watcher/harness-kit/dice'
import { scheduler } from '@perun-watcher/simulation/scheduler'
import { describe, expect, it } from 'vitest'
import type { EndpointPlan } from '../src/endpoint/endpoint.ts'
import { takeIntoPool } from '../src/endpoint/pool-rules.ts'
import type { Facts } from '../src/judge/facts.ts'
import { dearSpells } from '../src/judge/fairness.ts'
import { judge } from '../src/judge/judge.ts'
import { channel } from '../src/parties/channel.ts'
import { cheater } from '../src/parties/cheater.ts'
import { drawPlan } from '../src/run/plan.ts'
import { adjudicatorAddress } from '../src/truth/contract.ts'
import { decodeTransaction } from '../src/truth/transaction.ts'
import { account, gwei, smallWorld } from './support/small-world.ts'

const hourMs = 3_600_000

const honest: EndpointPlan = {
  name: 'node 1',
  faults: [],
  roundTripMs: 0,
  lagMs: 0,
  announces: false,
  takesCode: 'nothing',
}

const dead: EndpointPlan = { ...honest, name: 'node 2', faults: [{ kind: 'down', spell: undefined }] }

/** A transaction of the watcher's, with the fees that it offers. */
interface Answer {
  readonly version: number
  readonly fees?: Pick<UnsignedTransaction, 'maxFeePerGas' | 'maxPriorityFeePerGas'>
}

/** An old state is registered, answered in one block after the other as the test says, and concluded. */
async function defended(answers: readonly Answer[], versions = answers.length): Promise<Facts> {
  const world = smallWorld()
  const { chain, market, notary, cap, rules } = world
  const plan = drawPlan(dice(1), 'reorgs', { tempo: 'ethereum', isPure: true })
  const own = channel(notary, {
    nonce: 1n,
    durationSeconds: plan.durationSeconds,
    holder: parseBytes(`0x${'55'.repeat(20)}`),
  })
  const [old] = own.states
  for (let count = 0; count < versions; count++) own.update()
  const other = cheater({ time: scheduler(), chain, channels: [own], say: () => {} })
  if (old !== undefined) other.register(old)
  for (let block = 0; block < 200; block++) {
    const state = own.states[answers[block - 1]?.version ?? -1]
    if (state !== undefined) {
      const raw = await world.signed({
        nonce: BigInt(block - 1),
        to: adjudicatorAddress,
        data: v1.encodeRegister(state, []),
        gas: 300_000n,
        ...answers[block - 1]?.fees,
      })
      takeIntoPool(chain, chain.head, raw, rules)
    }
    world.wait(12_000)
    chain.mine()
    other.onBlock()
  }
  const given = { channelId: own.id, version: BigInt(versions), atMs: 0 }
  return {
    plan: { ...plan, reorgs: [] },
    chain,
    market,
    guarded: [own],
    floods: [],
    given: [given],
    acknowledged: [given],
    heard: [
      { channelId: own.id, type: 'endangered', reason: 'late', atMs: 0 },
      { channelId: own.id, type: 'refuted', reason: undefined, atMs: 0 },
    ],
    endpoints: [honest],
    uptimes: [{ fromMs: 0, untilMs: undefined }],
    offers: [],
    registrations: other.registrations,
    loads: [],
    capacity: undefined,
    asked: [],
    passed: [],
    accounts: [account],
    dear: [],
    cap,
    nowMs: world.nowMs,
  }
}

/** Nobody does anything about the old state. */
const undefended = (): Promise<Facts> => defended([], 1)

const versionsUpTo = (count: number): readonly Answer[] =>
  Array.from({ length: count }, (_, index) => ({ version: index + 1 }))

describe('the judge', () => {
  it('has nothing against an answer and some improvements', async () => {
    expect(judge(await defended(versionsUpTo(1)))).toEqual([])
    expect(judge(await defended(versionsUpTo(7)))).toEqual([])
  })

  it('calls lost what an honest watcher would have won', async () => {
    expect(judge(await undefended())).toEqual([expect.stringMatching(/^lost: /)])
    expect(judge(await defended(versionsUpTo(2), 3))).toEqual([expect.stringMatching(/^lost: .*@3, 2 stands$/)])
  })

  it('excuses what nobody could have won', async () => {
    const facts = await undefended()
    expect(judge({ ...facts, endpoints: [dead] })).toEqual([])
    expect(judge({ ...facts, uptimes: [] })).toEqual([])
    const late = facts.given.map((each) => ({ ...each, atMs: facts.nowMs - 1_000 }))
    expect(judge({ ...facts, acknowledged: late })).toEqual([])
  })

  it('excuses what nobody could have paid for, for as long as that was so', async () => {
    const facts = await undefended()
    const all = { fromMs: 0, untilMs: facts.nowMs }
    expect(judge({ ...facts, dear: [all] })).toEqual([])
    expect(judge({ ...facts, dear: [{ ...all, untilMs: 24_000 }] })).toEqual([expect.stringMatching(/^lost: /)])
    const emptied = (count: number, untilMs: number): Facts => ({
      ...facts,
      plan: { ...facts.plan, accounts: 2, empty: { count, fromMs: 0, untilMs } },
    })
    expect(judge(emptied(2, facts.nowMs))).toEqual([])
    expect(judge(emptied(2, 12_000))).toEqual([expect.stringMatching(/^lost: /)])
    expect(judge(emptied(1, facts.nowMs))).toEqual([expect.stringMatching(/^lost: /)])
  })

  it('excuses no more losses than there were channels beyond the capacity that was told', async () => {
    const facts = await undefended()
    expect(judge({ ...facts, capacity: { channels: 12, answerable: 11 } })).toEqual([])
    expect(judge({ ...facts, capacity: { channels: 11, answerable: 11 } })).toEqual([expect.stringMatching(/^lost: /)])
  })

  it('knows when blocks were dearer than the cap', async () => {
    const { chain, market } = await undefended()
    const end = chain.head.atMs
    expect(dearSpells(chain, market, 0n)).toEqual([{ fromMs: 0, untilMs: end }])
    expect(dearSpells(chain, market, market.calmBaseFee + 1n)).toEqual([])
    const tipNeeded = (atMs: number): bigint => (atMs > 24_000 && atMs <= 60_000 ? 10_000n * gwei : 1n)
    expect(dearSpells(chain, { tipNeeded }, 1_000n * gwei)).toEqual([{ fromMs: 24_000, untilMs: 60_000 }])
  })

  it('takes one honest endpoint for enough, wherever it stands', async () => {
    const facts = await undefended()
    for (const endpoints of [
      [dead, honest],
      [honest, dead],
    ]) {
      expect(judge({ ...facts, endpoints })).toEqual([expect.stringMatching(/^lost: /)])
    }
  })

  it('wants losses and refutations to be told', async () => {
    expect(judge({ ...(await undefended()), heard: [] })).toContainEqual(expect.stringMatching(/^untold: /))
    expect(judge({ ...(await defended([{ version: 1 }])), heard: [] })).toEqual([expect.stringMatching(/^untold: /)])
  })

  it('wants states to be taken', async () => {
    expect(judge({ ...(await undefended()), acknowledged: [] })).toContainEqual(expect.stringMatching(/^refused: /))
  })

  it('wants no more transactions than an answer and an improvement for each halving of the window', async () => {
    expect(judge(await defended(versionsUpTo(12)))).toEqual([expect.stringMatching(/^costly: 12 transactions for /)])
  })

  it('wants nothing to be tried again and again that fails', async () => {
    const failing = Array.from({ length: 5 }, () => ({ version: 0 }))
    expect(judge(await defended([{ version: 1 }, ...failing], 1))).toEqual([
      expect.stringMatching(/^costly: 5 transactions failed/),
    ])
  })

  it('wants the price of the market to be paid while there is time', async () => {
    const fees = { maxFeePerGas: 400n * gwei, maxPriorityFeePerGas: 300n * gwei }
    const facts = await defended([{ version: 1, fees }])
    expect(judge(facts)).toEqual([expect.stringMatching(/^overpaid: /)])
    expect(judge({ ...facts, plan: { ...facts.plan, spikes: [{ fromMs: 0, untilMs: 1 }] } })).toEqual([])
  })

  it('wants a quiet chain to cost a few requests per block', async () => {
    const facts = await defended([{ version: 1 }])
    const plan = { ...facts.plan, theme: 'calm' as const }
    const asked = (perBlock: number): Facts['asked'] =>
      Array.from({ length: (plan.cheating.fromMs / plan.tempo.blockMs) * perBlock }, (_, index) => ({
        method: 'eth_call',
        atMs: (index * plan.tempo.blockMs) / perBlock,
      }))
    expect(judge({ ...facts, plan, asked: asked(2) })).toEqual([])
    expect(judge({ ...facts, plan, asked: asked(9) })).toEqual([expect.stringMatching(/^chatty: /)])
  })

  it('wants nothing to grow while nothing answers, neither what is under way nor how often it asks', async () => {
    const facts = await defended([{ version: 1 }])
    const hours = 8
    const plan = { ...facts.plan, theme: 'longNight' as const, endMs: facts.plan.cheating.fromMs + hours * hourMs }
    const loads = (growth: number): Facts['loads'] =>
      Array.from({ length: hours }, (_, hour) => ({
        atMs: plan.cheating.fromMs + hour * hourMs + 1,
        sleeps: 10 + growth * hour,
        requests: 1,
        tasks: 3,
      }))
    const asked = (growth: number): Facts['asked'] =>
      Array.from({ length: hours }, (_, hour) =>
        Array.from({ length: 100 + growth * hour }, (__, index) => ({
          method: 'eth_call',
          atMs: plan.cheating.fromMs + hour * hourMs + index,
        })),
      ).flat()
    expect(judge({ ...facts, plan, loads: loads(0), asked: asked(0) })).toEqual([])
    expect(judge({ ...facts, plan, loads: loads(5) })).toEqual([expect.stringMatching(/^grows: .* under way/)])
    expect(judge({ ...facts, plan, asked: asked(100) })).toEqual([expect.stringMatching(/^grows: requests /)])
  })

  it('passes on where the cursor went too far', async () => {
    const facts = await defended([{ version: 1 }])
    expect(judge({ ...facts, passed: ['passed: the cursor'] })).toEqual(['passed: the cursor'])
  })

  it('wants no offer above the cap', async () => {
    const facts = await undefended()
    const world = smallWorld()
    const raw = await world.signed({ maxFeePerGas: facts.cap + gwei })
    expect(judge({ ...facts, offers: [decodeTransaction(raw, world.chainId)] })).toContainEqual(
      expect.stringMatching(/above the cap/),
    )
  })
})
