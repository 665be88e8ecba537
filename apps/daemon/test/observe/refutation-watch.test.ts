import { type ErrorCode, parseChannelId, WatcherError } from '@perun-watcher/core'
import type { SendRank } from '@perun-watcher/core/adapter'
import { expect, test } from 'vitest'
import { refutationWatch } from '../../src/observe/refutation-watch.ts'

function world() {
  let ms = 0
  const { begin, view } = refutationWatch({ now: () => ms })
  return {
    view,
    begin: (seconds = 600n, rank: SendRank = 'first-answer') =>
      begin(1_000n, {
        deadline: 1_000n + seconds,
        purpose: { rank, family: parseChannelId(`0x${'11'.repeat(32)}`), clients: [], opened: 1_000n },
      }),
    pass(seconds: number) {
      ms += seconds * 1_000
    },
  }
}

const error = (code: ErrorCode): WatcherError => new WatcherError(code, 'No.')

test.each<ErrorCode>([
  'CHAIN_UNREACHABLE',
  'RPC_REFUSED',
  'ACCOUNT_UNDERFUNDED',
  'STORE_FULL',
  'DEADLINE_PASSED',
  'TRANSACTION_REPLACED',
  'TREE_TOO_LARGE',
])('a failure with %s counts until one is sent, one is included, or nothing failed for long', (code) => {
  const { view, begin, pass } = world()
  begin().failed(error(code))
  expect(view.failedBy).toMatchObject({ code })
  begin().sent()
  expect(view.failedBy).toBeUndefined()
  begin().failed(error(code))
  begin().included()
  expect(view.failedBy).toBeUndefined()
  begin().failed(error(code))
  pass(599)
  expect(view.failedBy).toBeDefined()
  pass(1)
  expect(view.failedBy).toBeUndefined()
})

test('what the contract refuses, and what was given up, says nothing of the next one', () => {
  const { view, begin } = world()
  begin().failed(error('REGISTER_REVERTED'))
  begin().failed(new Error('A newer plan took its place.'))
  expect(view.failedBy).toBeUndefined()
})

test.each<SendRank>(['improvement', 'settlement'])('what is a %s may wait, or be refused by a budget', (rank) => {
  const { view, begin, pass } = world()
  const later = begin(600n, rank)
  pass(500)
  expect(view.late).toBe(0)
  later.failed(error('DEADLINE_PASSED'))
  begin(600n, rank).failed(error('BUDGET_EXCEEDED'))
  expect(view.failedBy).toBeUndefined()
  begin(600n, rank).failed(error('CHAIN_UNREACHABLE'))
  expect(view.failedBy).toMatchObject({ code: 'CHAIN_UNREACHABLE' })
})

test.each([36n, 600n, 86_400n])(
  'one of %d s is late after a quarter of that, sent or not, until it ends',
  (seconds) => {
    const { view, begin, pass } = world()
    const [sent, queued] = [begin(seconds), begin(seconds)]
    sent.sent()
    pass(Number(seconds) / 4)
    expect(view).toMatchObject({ late: 0, waiting: 1 })
    pass(1)
    expect(view).toMatchObject({ late: 2, waiting: 1 })
    sent.included()
    expect(view).toMatchObject({ late: 1, waiting: 1 })
    queued.failed(error('DEADLINE_PASSED'))
    expect(view).toMatchObject({ late: 0, waiting: 0 })
  },
)

test('one whose time is over already is never late: nobody knows how long it has', () => {
  const { view, begin, pass } = world()
  begin(-5n)
  pass(1_000)
  expect(view.late).toBe(0)
})
