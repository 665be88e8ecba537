import type { DemoEvent } from '../../src/demo-event.ts'
import { type DemoView, emptyView, follow } from '../../src/report/view.ts'

const of = { scenario: 'old', channel: 'ledger' } as const
const hash = `0x${'ab12cd34'.repeat(8)}` as const
const address = `0x${'11'.repeat(20)}` as const

const eth = (amount: bigint): bigint => amount * 10n ** 18n

/** A short demo: one cheated channel with a sub-channel, and an honest one. */
export const story = {
  started: {
    type: 'started',
    chain: 'viem',
    chainId: 31337,
    contract: 'devnet',
    rpcUrl: 'http://127.0.0.1:8545',
    adjudicator: address,
    account: address,
    secondsPerBlock: 12n,
    window: 300n,
  },
  firstBlock: { type: 'block', number: 2n, timestamp: 1_000n },
  opened: {
    type: 'opened',
    scenario: 'old',
    title: 'Old ledger state',
    story: '',
    honest: false,
    channels: [{ channel: 'ledger', id: hash, guarded: true }],
  },
  openedHonest: {
    type: 'opened',
    scenario: 'honest',
    title: 'Honest channel',
    story: '',
    honest: true,
    channels: [{ channel: 'ledger', id: hash, guarded: true }],
  },
  told: { type: 'told', ...of, version: 3n, how: 'publish' },
  refused: {
    type: 'refused',
    scenario: 'old',
    attempt: 'an older state',
    expected: 'VERSION_STALE',
    code: 'VERSION_STALE',
    message: 'The state is older.',
  },
  cheating: { type: 'act', act: 'cheating' },
  cheated: {
    type: 'cheated',
    scenario: 'old',
    by: 'Mallory',
    route: 'wrapper',
    registered: [{ channel: 'ledger', version: 1n }],
    newest: [{ channel: 'ledger', version: 3n }],
    transactionHash: hash,
    timestamp: 1_012n,
    timeout: 1_312n,
    gain: { ETH: eth(4n), PRN: 0n },
  },
  later: { type: 'block', number: 9n, timestamp: 1_162n },
  refuted: { type: 'refuted', ...of, version: 3n, transactionHash: hash, secondsUsed: 36n, window: 300n },
  concluded: { type: 'concluded', ...of, by: 'Mallory', states: [{ channel: 'ledger', version: 3n }] },
  paid: {
    type: 'paid',
    ...of,
    participant: 'Alice',
    asset: 'ETH',
    receiver: address,
    amount: eth(9n),
    expected: eth(9n),
    kept: 0n,
  },
  paidTokens: {
    type: 'paid',
    ...of,
    participant: 'Alice',
    asset: 'PRN',
    receiver: address,
    amount: eth(450n),
    expected: eth(450n),
    kept: 0n,
  },
  verdict: { type: 'verdict', scenario: 'old', honest: false, refuted: true, balancesRight: true, faults: [] },
  summary: {
    type: 'summary',
    ok: true,
    chain: 'viem',
    contract: 'devnet',
    cheats: 1,
    refuted: 1,
    balancesRight: true,
    honestUntouched: true,
    lies: 1,
    liesRefused: 1,
    atStake: { ETH: eth(4n), PRN: eth(450n) },
    blocks: 20n,
    seconds: 5.5,
  },
} as const satisfies Record<string, DemoEvent>

/** What there is to show after these events. */
export function viewOf(...events: readonly DemoEvent[]): DemoView {
  return events.reduce(follow, emptyView)
}

const { started, firstBlock, opened, openedHonest, told } = story

export const beginning: readonly DemoEvent[] = [started, firstBlock, opened, openedHonest, told]
