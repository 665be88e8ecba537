import { parseBytes } from '@perun-watcher/core'
import { dice } from '@perun-watcher/harness-kit/dice'
import { scheduler } from '@perun-watcher/simulation/scheduler'
import { describe, expect, it } from 'vitest'
import type { EndpointPlan } from '../src/endpoint/endpoint.ts'
import type { Facts } from '../src/judge/facts.ts'
import { judge } from '../src/judge/judge.ts'
import { channel } from '../src/parties/channel.ts'
import { cheater } from '../src/parties/cheater.ts'
import { drawPlan } from '../src/run/plan.ts'
import { decodeTransaction } from '../src/truth/transaction.ts'
import { account, gwei, smallWorld } from './support/small-world.ts'

const honest: EndpointPlan = {
  name: 'node 1',
  faults: [],
  roundTripMs: 0,
  lagMs: 0,
  announces: false,
  takesCode: 'nothing',
}

const dead: EndpointPlan = { ...honest, name: 'node 2', faults: [{ kind: 'down', spell: undefined }] }

/** An old state is registered and concluded, and nobody does anything about it. */
function undefended(): Facts {
  const world = smallWorld()
  const { chain, market, notary, cap } = world
  const plan = drawPlan(dice(1), 'reorgs', { tempo: 'ethereum', isPure: true })
  const own = channel(notary, {
    nonce: 1n,
    durationSeconds: plan.durationSeconds,
    holder: parseBytes(`0x${'55'.repeat(20)}`),
  })
  const [old] = own.states
  own.update()
  const other = cheater({ time: scheduler(), chain, channels: [own], say: () => {} })
  if (old !== undefined) other.register(old)
  for (let block = 0; block < 200; block++) {
    world.wait(12_000)
    chain.mine()
    other.onBlock()
  }
  const given = { channelId: own.id, version: 1n, atMs: 0 }
  return {
    plan: { ...plan, reorgs: [] },
    chain,
    market,
    guarded: [own],
    floods: [],
    given: [given],
    acknowledged: [given],
    heard: [{ channelId: own.id, type: 'endangered', atMs: 0 }],
    endpoints: [honest],
    uptimes: [{ fromMs: 0, untilMs: undefined }],
    offers: [],
    registrations: other.registrations,
    loads: [],
    asked: [],
    passed: [],
    account,
    cap,
    nowMs: world.nowMs,
  }
}

describe('the judge', () => {
  it('calls lost what an honest watcher would have won', () => {
    expect(judge(undefended())).toEqual([expect.stringMatching(/^lost: /)])
  })

  it('excuses what nobody could have won', () => {
    const facts = undefended()
    expect(judge({ ...facts, endpoints: [dead] })).toEqual([])
    expect(judge({ ...facts, uptimes: [] })).toEqual([])
    const late = facts.given.map((each) => ({ ...each, atMs: facts.nowMs - 1_000 }))
    expect(judge({ ...facts, acknowledged: late })).toEqual([])
  })

  it('takes one honest endpoint for enough, wherever it stands', () => {
    const facts = undefended()
    for (const endpoints of [
      [dead, honest],
      [honest, dead],
    ]) {
      expect(judge({ ...facts, endpoints })).toEqual([expect.stringMatching(/^lost: /)])
    }
  })

  it('wants losses to be told', () => {
    expect(judge({ ...undefended(), heard: [] })).toContainEqual(expect.stringMatching(/^untold: /))
  })

  it('wants states to be taken', () => {
    expect(judge({ ...undefended(), acknowledged: [] })).toContainEqual(expect.stringMatching(/^refused: /))
  })

  it('wants no offer above the cap', async () => {
    const facts = undefended()
    const world = smallWorld()
    const raw = await world.signed({ maxFeePerGas: facts.cap + gwei })
    expect(judge({ ...facts, offers: [decodeTransaction(raw, world.chainId)] })).toContainEqual(
      expect.stringMatching(/above the cap/),
    )
  })
})
