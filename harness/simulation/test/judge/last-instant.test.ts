import type { SignedState } from '@perun-watcher/core'
import { describe, expect, it } from 'vitest'
import type { ContractRecord, Records } from '../../src/judge/contract/records.ts'
import { lastInstant } from '../../src/judge/last-instant.ts'
import { type Channel, openChannel } from '../../src/parties/channels/channel.ts'
import { simStateHash } from '../../src/world/crypto.ts'

let nonce = 1n

function open(kind: 'ledger' | 'sub', hasApp: boolean, locks: readonly Channel[] = []): Channel {
  nonce += 1n
  return openChannel(
    { kind, duration: 100n, hasApp, funds: 1000n - 900n * BigInt(Number(kind === 'sub')), nonce },
    locks,
  )
}

function recordOf({ state, params }: SignedState, timeout: bigint): ContractRecord {
  const stateHash = simStateHash(state)
  const hasApp = params.app !== undefined
  return { version: state.version, phase: 'dispute', timeout, stateHash, challengeDuration: 100n, hasApp }
}

const end = (records: Records, ...tree: readonly [SignedState, ...SignedState[]]) =>
  lastInstant({ stateHash: simStateHash }, records, tree)

describe('the last instant of a tree', () => {
  const sub = open('sub', false)
  const [oldSub, newSub] = [sub.newest, sub.update({})]
  const root = open('ledger', false, [sub])
  const [oldRoot, newRoot] = [root.newest, root.update({})]

  it('is not known where nothing is registered', () => {
    expect(end(new Map(), newRoot, newSub)).toBeUndefined()
  })

  it('is the timeout of what is replaced', () => {
    expect(end(new Map([[root.id, recordOf(oldRoot, 500n)]]), newRoot, newSub)).toBe(500n)
  })

  it('is the conclusion of the root where that comes before the sub-channel’s own timeout', () => {
    const records = new Map([
      [root.id, recordOf(newRoot, 500n)],
      [sub.id, recordOf(oldSub, 800n)],
    ])
    expect(end(records, newRoot, newSub)).toBe(500n)
  })

  it('D8: is the timeout of a root with an app, since the app can be ended and concluded in one block', () => {
    const playful = open('ledger', true, [sub])
    const records = new Map([
      [playful.id, recordOf(playful.newest, 500n)],
      [sub.id, recordOf(oldSub, 800n)],
    ])
    expect(end(records, playful.newest, newSub)).toBe(500n)
  })

  it('is the timeout of a sub-channel with an app, even where the tree repeats its state', () => {
    const game = open('sub', true)
    const parent = open('ledger', false, [game])
    const [before, after] = [parent.newest, parent.update({})]
    const records = new Map([
      [parent.id, recordOf(before, 500n)],
      [game.id, recordOf(game.newest, 300n)],
    ])
    expect(end(records, after, game.newest)).toBe(300n)
  })
})
