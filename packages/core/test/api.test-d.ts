/**
 * What applications write, as types: `pnpm typecheck` fails where it stops compiling, or where a mistake starts to.
 * Nothing here runs.
 */
import {
  type AdjudicatorEvent,
  type AdjudicatorEventsSub,
  type ChannelId,
  type ErrorCode,
  errorCodes,
  hasCode,
  isWatcherError,
  parseChannelId,
  type SignedState,
  type SignedStateInput,
  type StateHash,
  type StatesPub,
  type Transaction,
  type TransactionInput,
  type Watch,
  type Watcher,
  WatcherError,
} from '@perun-watcher/core'
import { assertNever } from '@perun-watcher/core/adapter'
import { describe, expectTypeOf, it } from 'vitest'

declare const watcher: Watcher
declare const opening: SignedState
declare const newer: Transaction
declare const channelId: ChannelId
declare const stateHash: StateHash
declare const event: AdjudicatorEvent
declare const caught: unknown

describe('Watcher', () => {
  it('gives the two handles of a channel', () => {
    expectTypeOf(watcher.startWatching(opening)).resolves.toEqualTypeOf<Watch>()
    expectTypeOf<Watch['statesPub']>().toEqualTypeOf<StatesPub>()
    expectTypeOf<Watch['eventsSub']>().toEqualTypeOf<AdjudicatorEventsSub>()
  })

  it('takes a signal everywhere, and the parent where a channel has one', () => {
    const { signal } = new AbortController()
    watcher.startWatching(opening, { parent: channelId, signal })
    watcher.startWatching(opening, { parent: undefined, signal: undefined })
    watcher.stopWatching(channelId, { signal })
    watcher.shutdown({ signal })
    // @ts-expect-error an option that does not exist
    watcher.shutdown({ timeoutMs: 1 })
  })

  it('is disposed of like a resource', () => {
    expectTypeOf(watcher[Symbol.asyncDispose]).returns.resolves.toBeVoid()
  })

  it('resolves to nothing that could be mistaken for a result', () => {
    expectTypeOf(watcher.stopWatching(channelId)).resolves.toBeVoid()
    expectTypeOf<StatesPub['publish']>().returns.resolves.toBeVoid()
  })
})

describe('what is handed in', () => {
  it('is what was parsed, or plain data of the same shape', () => {
    expectTypeOf<SignedState>().toExtend<SignedStateInput>()
    expectTypeOf<Transaction>().toExtend<TransactionInput>()
    expectTypeOf<StatesPub['publish']>().toBeCallableWith(newer)
    expectTypeOf<Watcher['stopWatching']>().toBeCallableWith('0x01')
  })

  it('is no text that is not hexadecimal, and no number where a bigint is meant', () => {
    // @ts-expect-error no 0x
    watcher.stopWatching('01')
    // @ts-expect-error a version is a bigint
    const wrong: TransactionInput['state']['version'] = 1
    expectTypeOf(wrong).toBeBigInt()
  })
})

describe('branded text', () => {
  it('comes from parsing only', () => {
    expectTypeOf(parseChannelId('0x01')).toEqualTypeOf<ChannelId>()
    // @ts-expect-error nobody checked it
    const unchecked: ChannelId = '0x01'
    expectTypeOf(unchecked).toExtend<`0x${string}`>()
  })

  it('does not pass for other branded text', () => {
    // @ts-expect-error the hash of a state is no channel's id
    const mixedUp: ChannelId = stateHash
    expectTypeOf(mixedUp).toEqualTypeOf<ChannelId>()
    expectTypeOf<StateHash>().not.toExtend<ChannelId>()
  })
})

describe('AdjudicatorEvent', () => {
  it('is told apart by its type, exhaustively', () => {
    switch (event.type) {
      case 'registered':
      case 'progressed':
      case 'concluded':
        expectTypeOf(event.version).toBeBigInt()
        expectTypeOf(event.finality).toEqualTypeOf<'seen' | 'final'>()
        break
      case 'removed':
        expectTypeOf(event.fact.type).toEqualTypeOf<'registered' | 'progressed' | 'concluded'>()
        break
      case 'learned':
        expectTypeOf(event.transaction).toEqualTypeOf<Transaction>()
        break
      case 'refuted':
        expectTypeOf(event.secondsLeft).toBeBigInt()
        break
      case 'endangered':
        expectTypeOf(event.detail).toBeString()
        expectTypeOf(event.secondsLeft).toEqualTypeOf<bigint | undefined>()
        break
      case 'stateNeeded':
        expectTypeOf(event.stateHash).toEqualTypeOf<StateHash>()
        expectTypeOf(event.deadline).toEqualTypeOf<bigint | undefined>()
        break
      default:
        assertNever(event)
    }
  })

  it('asks for every case', () => {
    if (event.type !== 'refuted') {
      // @ts-expect-error all the other cases are left
      assertNever(event)
    }
  })

  it('cannot be changed by who reads it', () => {
    // @ts-expect-error readonly
    event.channelId = channelId
  })

  it('comes one by one or in a loop', async () => {
    const { eventsSub } = await watcher.startWatching(opening)
    expectTypeOf(eventsSub.next()).resolves.toEqualTypeOf<AdjudicatorEvent | undefined>()
    expectTypeOf(eventsSub.error).toEqualTypeOf<Error | undefined>()
    for await (const each of eventsSub) expectTypeOf(each).toEqualTypeOf<AdjudicatorEvent>()
  })
})

describe('errors', () => {
  it('are recognised by codes that exist', () => {
    if (hasCode(caught, 'VERSION_STALE')) expectTypeOf(caught).toExtend<WatcherError>()
    // @ts-expect-error no such code
    hasCode(caught, 'VERSION_OLD')
    expectTypeOf<'VERSION_STALE'>().toExtend<ErrorCode>()
    expectTypeOf<string>().not.toExtend<ErrorCode>()
  })

  it('say whether to try again', () => {
    if (isWatcherError(caught)) {
      expectTypeOf(caught.code).toEqualTypeOf<ErrorCode>()
      expectTypeOf(caught.retryable).toBeBoolean()
    }
    expectTypeOf(errorCodes[new WatcherError('STORE_FULL', 'full').code].remedy).toBeString()
  })
})
