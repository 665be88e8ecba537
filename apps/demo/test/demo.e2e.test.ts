import { parseChannelId, parseTransactionHash } from '@perun-watcher/core'
import type { Inclusion, RegistererSubscriber } from '@perun-watcher/core/adapter'
import { chainNames, Interruption, type OpenChain, openerOf } from '@perun-watcher/daemon/internal'
import { perunBytecode } from '@perun-watcher/real'
import { expect, test } from 'vitest'
import { capturedOutput, undisturbed } from '../../daemon/test/support/capture.ts'
import { fastPace } from '../src/chain-clock.ts'
import type { DemoEvent } from '../src/demo-event.ts'
import { main } from '../src/main.ts'
import { type DemoOptions, runDemo } from '../src/run-demo.ts'
import { allScenarios } from '../src/scenarios/all-scenarios.ts'
import { honestChannel } from '../src/scenarios/honest-channel.ts'
import { newestIsFinal } from '../src/scenarios/newest-is-final.ts'
import { oldLedgerState } from '../src/scenarios/old-ledger-state.ts'
import { oldSubChannelState } from '../src/scenarios/old-sub-channel-state.ts'

/** Through every client library on the devnet's contracts, and once on Perun's own. */
const grounds = [
  ...chainNames.map((chain) => ({ chain, contract: 'devnet' as const })),
  { chain: chainNames[0], contract: 'real' as const },
]

test.for(grounds)(
  'the demo through $chain, contracts $contract: every cheat is refuted and every balance is right',
  async ({ chain, contract }, { skip }) => {
    const bytecode = contract === 'real' ? await perunBytecode() : undefined
    if (bytecode !== undefined && 'missing' in bytecode) return skip(bytecode.missing)
    const output = capturedOutput()
    const args = ['--json', '--chain', chain, '--contract', contract]
    expect(await main(args, { output, env: {}, ...undisturbed })).toBe(0)
    const events = output.out
      .text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const cheats = allScenarios.filter(({ name }) => name !== honestChannel.name).map(({ name }) => name)
    const named = (type: string): string[] =>
      events.filter((event) => event.type === type).map((event) => event.scenario)
    expect(named('cheated')).toEqual(cheats)
    expect(new Set(named('refuted'))).toEqual(new Set(cheats))
    // With old states nobody could conclude; with those that stand, cheaters could as well as others.
    expect(named('conclusion-refused')).toEqual(cheats)
    const concluders = events.filter(({ type }) => type === 'concluded').map(({ by }) => by)
    expect(new Set(concluders)).toEqual(new Set(['Mallory', 'Alice', 'watcher']))
    // One of the cheated channels holds tokens as well, and the cheat was after both.
    const paid = events.filter((event) => event.type === 'paid' && event.scenario === oldSubChannelState.name)
    expect(paid.map(({ participant, asset, amount, expected }) => [participant, asset, amount, expected])).toEqual([
      ['Alice', 'ETH', '7500000000000000000', '7500000000000000000'],
      ['Alice', 'PRN', '77500000000000000000', '77500000000000000000'],
      ['Mallory', 'ETH', '2500000000000000000', '2500000000000000000'],
      ['Mallory', 'PRN', '22500000000000000000', '22500000000000000000'],
    ])
    expect(events.at(-1)).toMatchObject({
      type: 'summary',
      ok: true,
      chain,
      contract,
      cheats: cheats.length,
      refuted: cheats.length,
      balancesRight: true,
      honestUntouched: true,
      lies: 6,
      liesRefused: 6,
      atStake: { ETH: '36000000000000000000', PRN: '37500000000000000000' },
    })
  },
)

/** A demo with few channels and a watcher whose backend was tampered with. */
async function runBroken(
  tamper: (backend: RegistererSubscriber) => Partial<RegistererSubscriber>,
  options: Partial<DemoOptions> = {},
): Promise<{ summary: Awaited<ReturnType<typeof runDemo>>; events: readonly DemoEvent[] }> {
  const events: DemoEvent[] = []
  const sound = await openerOf('viem')
  const open: OpenChain = async (settings) => {
    const chain = await sound(settings)
    return { ...chain, backend: { ...chain.backend, ...tamper(chain.backend) } }
  }
  const summary = await runDemo({
    chain: { name: 'broken', open },
    scenarios: [oldLedgerState, newestIsFinal, honestChannel],
    pace: fastPace,
    patienceMs: 1_500,
    onEvent: (event) => {
      events.push(event)
    },
    ...options,
  })
  return { summary, events }
}

/** Nothing that is sent is ever included. */
const never = (_: unknown, ...rest: readonly { signal?: AbortSignal | undefined }[]): Promise<never> =>
  new Promise((_, reject) => {
    const signal = rest.at(-1)?.signal
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

test('a watcher whose transactions never land fails the demo, and the cheater is paid', async () => {
  const { summary, events } = await runBroken(() => ({
    register: (...args) => never(undefined, args[2]),
    concludeFinal: (...args) => never(undefined, args[1]),
  }))
  expect(summary).toMatchObject({ ok: false, cheats: 2, refuted: 0, balancesRight: false, honestUntouched: true })
  const paid = events.filter((event) => event.type === 'paid')
  const gained = paid.filter(({ participant, amount, expected }) => participant === 'Mallory' && amount > expected)
  expect(gained).toHaveLength(2)
  expect(events.at(-1)).toBe(summary)
})

test('a made-up inclusion is believed neither by the watcher nor by the demo', async () => {
  const claim = async (backend: RegistererSubscriber): Promise<Inclusion> => {
    const { block } = await backend.readRecord(parseChannelId(`0x${'00'.repeat(32)}`))
    return { transactionHash: parseTransactionHash(`0x${'00'.repeat(32)}`), block }
  }
  const { summary, events } = await runBroken((backend) => ({
    register: () => claim(backend),
    concludeFinal: () => claim(backend),
  }))
  expect(events.some(({ type }) => type === 'refuted')).toBe(false)
  expect(summary).toMatchObject({ ok: false, refuted: 0, balancesRight: false })
})

test('interrupted in the middle it ends its chain and says why', async () => {
  const controller = new AbortController()
  const interruption = new Interruption('SIGINT')
  let rpcUrl = ''
  const running = runBroken(() => ({}), {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'started') rpcUrl = event.rpcUrl
      if (event.type === 'cheated') controller.abort(interruption)
    },
  })
  await expect(running).rejects.toBe(interruption)
  await expect(fetch(rpcUrl)).rejects.toThrow()
})

test('a demo that does not come to an end says what it was doing', async () => {
  const hangs = runBroken(() => ({ readRecord: (_, options) => never(undefined, options ?? {}) }), { limitMs: 3_000 })
  await expect(hangs).rejects.toThrow(/DEMO_STALLED/)
})
