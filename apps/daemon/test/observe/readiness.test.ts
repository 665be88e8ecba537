import { WatcherError } from '@perun-watcher/core'
import { expect, test } from 'vitest'
import { type ReadinessFacts, readinessOf } from '../../src/observe/readiness.ts'

const refutations = { failedBy: undefined, late: 0 }
const chain = { isCurrent: true, headAgeMs: 1000, maxHeadAgeMs: 60_000, stalledBy: undefined, refutations }
const well: ReadinessFacts = {
  phase: 'running',
  missing: [],
  chain,
  endpoints: [{ state: 'failing' }, { state: 'good' }],
  lacking: [],
  fees: { base: 7n, cap: 100n },
  disagreements: [],
  storeFailedBy: undefined,
  accounts: [{ address: '0x01', balance: 5_000_000n, isLow: false, needs: 0n }],
}

test('ready when everything is well', () => {
  expect(readinessOf(well)).toEqual({ ready: true, reasons: [] })
})

test('one account that can pay answers, whatever the others hold', () => {
  const accounts = [
    { address: '0x01', balance: undefined, isLow: false, needs: 0n },
    { address: '0x02', balance: 1n, isLow: true, needs: 4n },
    { address: '0x03', balance: 5_000_000n, isLow: false, needs: 0n },
  ] as const
  expect(readinessOf({ ...well, accounts })).toEqual({ ready: true, reasons: [] })
  const { reasons } = readinessOf({ ...well, accounts: accounts.slice(0, 2) })
  expect(reasons.map(({ code }) => code)).toEqual(['BALANCE_UNKNOWN', 'ACCOUNT_UNDERFUNDED'])
})

test.each<[string, Partial<ReadinessFacts>, readonly string[]]>([
  ['settings are missing', { phase: 'unconfigured', chain: undefined, missing: ['No chain.'] }, ['SETTING_MISSING']],
  [
    'it starts',
    { phase: 'starting', accounts: [{ address: '0x01', balance: undefined, isLow: false, needs: 0n }] },
    ['STARTING'],
  ],
  ['it stops', { phase: 'stopping' }, ['STOPPING']],
  ['it catches up', { chain: { ...chain, isCurrent: false } }, ['CATCHING_UP']],
  ['no block comes', { chain: { ...chain, headAgeMs: 60_001 } }, ['HEAD_STALE']],
  [
    'the chain does not answer',
    { chain: { ...chain, stalledBy: new WatcherError('CHAIN_DATA_INVALID', 'Nonsense.') } },
    ['CHAIN_DATA_INVALID'],
  ],
  ['endpoints disagree', { disagreements: ['Block 5 is 0xa at one, but 0xb at two.'] }, ['ENDPOINTS_DISAGREE']],
  ['the disk fails', { storeFailedBy: new WatcherError('STORE_FULL', 'The disk is full.') }, ['STORE_FULL']],
  [
    'an account runs low',
    { accounts: [{ address: '0x01', balance: 1n, isLow: true, needs: 4n }] },
    ['ACCOUNT_UNDERFUNDED'],
  ],
  [
    'a balance is not known',
    { accounts: [{ address: '0x01', balance: undefined, isLow: false, needs: 0n }] },
    ['BALANCE_UNKNOWN'],
  ],
  [
    'refutations fail',
    { chain: { ...chain, refutations: { failedBy: new WatcherError('RPC_REFUSED', 'The node refused.'), late: 0 } } },
    ['REFUTATIONS_FAIL'],
  ],
  [
    'refutations are late',
    { chain: { ...chain, refutations: { failedBy: undefined, late: 3 } } },
    ['REFUTATIONS_LATE'],
  ],
  ['every endpoint is down', { endpoints: [{ state: 'failing' }, { state: 'behind' }] }, ['ENDPOINTS_DOWN']],
  ['nothing can be sent', { lacking: [{ ability: 'sends', error: new Error('no') }] }, ['SENDS_FAIL']],
  ['nothing is estimated', { lacking: [{ ability: 'estimates', error: new Error('no') }] }, ['ESTIMATES_FAIL']],
  ['traces are missing', { lacking: [{ ability: 'traces', error: new Error('no') }] }, ['TRACES_MISSING']],
  ['blocks ask for more than the cap', { fees: { base: 100n, cap: 100n } }, ['FEE_CAP_TOO_LOW']],
  ['blocks ask for more than the account has', { fees: { base: 17n, cap: 100n } }, ['ACCOUNT_UNDERFUNDED']],
  [
    'much is wrong at once',
    { chain: { ...chain, isCurrent: false, headAgeMs: 1e9 }, storeFailedBy: new Error('disk') },
    ['CATCHING_UP', 'HEAD_STALE', 'STORE_FAILED'],
  ],
])('not ready when %s, and says why', (_, facts, codes) => {
  const { ready, reasons } = readinessOf({ ...well, ...facts })
  expect(ready).toBe(false)
  expect(reasons.map(({ code }) => code)).toEqual(codes)
})
