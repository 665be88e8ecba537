import { describe, expect, it } from 'vitest'
import {
  type AdjudicatorLog,
  type ChannelId,
  memoryStore,
  type OnChainRecord,
  type Phase,
  parseBlockHash,
  parseTransactionHash,
} from '../../../src/index.ts'
import { testChannel } from '../../../src/testing/index.ts'
import { channelBook } from '../../../src/watcher/channels/channel-book.ts'
import { channelIndex } from '../../../src/watcher/channels/channel-index.ts'
import { reactions } from '../../../src/watcher/engine/reactions.ts'
import { held } from '../../support/random-family.ts'
import { modelLedger } from '../../support/setup.ts'

const channel = testChannel()
const { id } = channel
const recordOf = (version: bigint): OnChainRecord => ({
  version,
  phase: 'dispute',
  timeout: 9n,
  stateHash: undefined,
  blockNumber: 1n,
})

function logOf(phase: Phase): AdjudicatorLog {
  const hash = `0x${'0f'.repeat(32)}` as const
  const block = { number: 1n, hash: parseBlockHash(hash), timestamp: 1n }
  return {
    channelId: id,
    version: 1n,
    phase,
    timeout: 9n,
    block,
    logIndex: 0,
    transactionHash: parseTransactionHash(hash),
  }
}

/** What the parts were asked to do, one line each. */
function setup() {
  const index = channelIndex()
  const done: string[] = []
  const note = (what: string) => (concerned: unknown) => void done.push(`${what} ${concerned}`)
  const open: ChannelId[] = []
  return {
    book: channelBook({ index, ledger: modelLedger, store: memoryStore(), onStates() {}, onDoubt() {} }),
    open,
    /** And forgets it. */
    done: (): readonly string[] => done.splice(0),
    reactions: reactions({
      index,
      recordReader: { readInBackground: note('read') },
      sweeper: {
        afterGap: () => void done.push('sweep all'),
        current: () => void done.push('sweep'),
        isBehindGap: false,
      },
      stateLearner: { learn: ({ phase }) => note('learn')(phase) },
      cursorKeeper: { save: (ids, finalNumber) => note(`save ${ids} up to`)(finalNumber) },
      channelPruner: { prune: async () => void done.push('prune') },
      familyWaker: {
        wake: note('wake'),
        wakeForStates: note('wake for states of'),
        catchingUp: note('behind'),
        current: () => void done.push('current'),
      },
      disputeScheduler: { open },
      capacityWatch: { look: () => undefined },
      disputeWarnings: { blind: (concerned, { message }) => note(`warn (${message})`)(concerned) },
    }),
  }
}

describe('what follows from what', () => {
  it('from a gap: all records are read', () => {
    const { reactions, done } = setup()
    reactions.onGap()
    expect(done()).toEqual(['sweep all'])
  })

  it('from another state: the families are looked at, and what it released is removed', () => {
    const { reactions, done } = setup()
    reactions.onStates(id)
    expect(done()).toEqual([`wake for states of ${id}`, 'prune'])
  })

  it('from a changed record: it is read, registrations are learned from, and the families are looked at', () => {
    const { reactions, done } = setup()
    reactions.onChange(id, [])
    expect(done()).toEqual([`read ${id}`, `wake ${id}`])
    reactions.onChange(id, [logOf('dispute'), logOf('forceExec'), logOf('concluded')])
    expect(done()).toEqual([`read ${id}`, 'learn dispute', `wake ${id}`])
  })

  it('from a final block: the cursor follows, final records are read again, and what is not needed is removed', () => {
    const { reactions, done } = setup()
    reactions.onFinal([id], 7n)
    expect(done()).toEqual([`save ${id} up to 7`, `read ${id}`, 'prune'])
    reactions.onFinal([], 8n)
    expect(done()).toEqual(['save  up to 8', 'prune'])
  })

  it('from a step: nothing while newer blocks are known', () => {
    const { reactions, done } = setup()
    reactions.onCatchingUp(true)
    reactions.onStep(false)
    expect(done()).toEqual(['behind true'])
    reactions.onCatchingUp(false)
    reactions.onStep(true)
    expect(done()).toEqual(['behind false', 'current', 'sweep'])
  })

  it('from a stalled stream: clients hear where an older state stands in a dispute, and nowhere else', async () => {
    const { book, open, reactions, done } = setup()
    const child = testChannel({ kind: 'sub', funds: 1n })
    const [calm, parent] = [testChannel(), testChannel()]
    for (const { id, params, signed } of [channel, calm, child, parent]) {
      const locks = id === parent.id ? [child] : []
      const newest = held(signed(2n, { locks }))
      await book.create({ type: 'createChannel', id, params, parents: [], clients: [], newest })
    }
    const cause = new Error('no answer')
    book.observe(channel.id, { record: recordOf(1n) })
    book.observe(child.id, { record: recordOf(1n) })
    book.observe(parent.id, { record: recordOf(2n) })
    book.observe(calm.id, { record: recordOf(1n) })
    reactions.onStalled(cause)
    expect(done()).toEqual([])
    open.push(channel.id, parent.id)
    reactions.onStalled(cause)
    expect(done()).toEqual([`warn (no answer) ${channel.id}`, `warn (no answer) ${child.id}`])
  })
})
