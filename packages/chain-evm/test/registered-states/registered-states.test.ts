import { type Hex, hasCode, parseTransactionHash, type SignedState, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stateHash } from '../../src/codec/hash.ts'
import { type EvmClient, parseAddress, rpcRefused } from '../../src/index.ts'
import { v1 } from '../../src/internal.ts'
import { keepingTracer } from '../../src/registered-states/keeping-tracer.ts'
import { type RegisteredStatesOptions, registeredStates } from '../../src/registered-states/registered-states.ts'
import { l1, l2, sampleKeyBytes, sub } from '../codec/samples.ts'
import { signAll } from '../codec/sign.ts'
import { type Answers, type Frame, fakeNode, traceOf, tracerIn } from './fake-node.ts'

const adjudicator = parseAddress(`0x${'ad'.repeat(20)}`)
const wrapper = `0x${'77'.repeat(20)}`
const hash = parseTransactionHash(`0x${'12'.repeat(32)}`)

const one = signAll(sampleKeyBytes, l1.params, l1.state)
const parent = signAll(sampleKeyBytes, l2.params, l2.state)
const child = signAll(sampleKeyBytes, sub.params, sub.state)
const registerOne = v1.encodeRegister(one, [])
const registerTree = v1.encodeRegister(parent, [child])

const recover = (client: EvmClient, options?: RegisteredStatesOptions): Promise<readonly SignedState[]> =>
  registeredStates({ client, adjudicator, generation: v1 }, hash, options)

/** A node that knows one transaction, by what it did. */
function nodeWith(transaction: Frame, more: Answers = {}): ReturnType<typeof fakeNode> {
  return fakeNode({
    eth_getTransactionByHash: () => ({ to: transaction.to ?? null, input: transaction.input ?? '0x' }),
    debug_traceTransaction: (params) => traceOf(transaction, tracerIn(params)),
    ...more,
  })
}

const call = (input: Hex, more: Frame = {}): Frame => ({ type: 'CALL', to: adjudicator, input, ...more })
const wrapped = (...calls: readonly Frame[]): Frame => ({ type: 'CALL', to: wrapper, input: '0x1234', calls })

/** One that runs tracers of ours, and one that has only built-in ones. */
function nodes(transaction: Frame): readonly EvmClient[] {
  const onlyBuiltIn: Answers = {
    debug_traceTransaction: (params) => {
      if (tracerIn(params) !== 'callTracer') throw new WatcherError('RPC_REFUSED', 'unknown tracer')
      return traceOf(transaction, 'callTracer')
    },
  }
  return [nodeWith(transaction), nodeWith(transaction, onlyBuiltIn)]
}

async function expectStates(transaction: Frame, expected: readonly SignedState[]): Promise<void> {
  for (const node of nodes(transaction)) expect(await recover(node)).toEqual(expected)
}

describe('recovering states from calls inside a transaction', () => {
  it('takes the last of each channel, in the order of the calls', () => {
    const older = signAll(sampleKeyBytes, l1.params, { ...l1.state, version: 1n })
    return expectStates(
      wrapped(call(v1.encodeRegister(older, [])), call(registerTree), wrapped(call(registerOne)), call(registerTree)),
      [one, parent, child],
    )
  })

  it('takes those of concludeFinal', () => expectStates(wrapped(call(v1.encodeConcludeFinal(one))), [one]))

  it('takes them from the constructor of a contract', () =>
    expectStates({ type: 'CREATE', calls: [call(registerOne)] }, [one]))

  it('ignores calls that failed, and all inside them', () =>
    expectStates(
      wrapped(
        call(registerTree, { error: 'execution reverted' }),
        { ...wrapped(call(registerTree), wrapped(call(registerTree))), error: 'out of gas' },
        call(registerOne),
      ),
      [one],
    ))

  it('ignores code borrowed from the adjudicator, and calls of others', () =>
    expectStates(
      wrapped(
        call(registerTree, { type: 'DELEGATECALL' }),
        call(registerTree, { type: 'STATICCALL' }),
        call(registerTree, { to: wrapper }),
        call(registerOne),
      ),
      [one],
    ))

  it('leaves progress out, whose state only one participant signed', () =>
    expectStates(wrapped(call(`${v1.selectors.progress}${registerTree.slice(10)}`)), []))

  it('drops a state that core refuses, and keeps the others', () => {
    const short = { ...parent, params: { ...parent.params, challengeDuration: 0n } }
    const skewed = { ...one, state: { ...one.state, outcome: { ...one.state.outcome, backends: [] } } }
    return expectStates(wrapped(call(v1.encodeRegister(short, [child, skewed]))), [child])
  })

  it('walks traces of any depth', async () => {
    let frame: Frame = call(registerOne)
    for (let depth = 0; depth < 100_000; depth++) frame = { type: 'CALL', to: wrapper, calls: [frame] }
    const [, node] = nodes(frame)
    if (node) expect(await recover(node)).toEqual([one])
  })
})

describe('D5a: the state that was registered last is found, whatever surrounds it', () => {
  const padding = (bytes: number): Hex => `0x${'00'.repeat(bytes)}`
  const padded = (input: Hex, bytes: number): Hex => `${input}${padding(bytes).slice(2)}` as Hex
  const mebibyte = 1_048_576
  const junk = v1.encodeRegister(
    one,
    Array.from({ length: 40 }, () => child),
  )
  const cases: readonly [string, Frame][] = [
    [
      'calls with a mebibyte of zeros behind them',
      wrapped(...Array.from({ length: 5 }, () => call(padded(registerOne, mebibyte))), call(registerTree)),
    ],
    ['one huge call', wrapped(call(padded(registerOne, 6 * mebibyte)), call(padded(registerTree, 6 * mebibyte)))],
    ['many small calls', wrapped(...Array.from({ length: 3_000 }, () => call(registerOne)), call(registerTree))],
    [
      'calls that fail, before and behind',
      wrapped(
        { ...wrapped(...Array.from({ length: 50 }, () => call(padded(registerOne, 100_000)))), error: 'reverted' },
        call(registerTree),
        call(junk, { error: 'reverted' }),
        { ...wrapped(call(v1.encodeRegister({ ...parent, sigs: [] }, [child]))), error: 'reverted' },
      ),
    ],
    [
      'entries that the contract never looks at, of the same channel',
      wrapped(
        call(registerTree),
        call(
          v1.encodeRegister(one, [
            { ...parent, sigs: [] },
            { ...child, sigs: [] },
          ]),
        ),
      ),
    ],
    [
      'calls from constructors and borrowed code',
      wrapped({ type: 'CREATE2', calls: [{ type: 'DELEGATECALL', to: wrapper, calls: [call(registerTree)] }] }),
    ],
    [
      'what has the form of a call and none of its content',
      wrapped(call(v1.selectors.register), call(padded(v1.selectors.register, 100)), call('0x'), call(registerTree)),
    ],
    ['an end of its caller', wrapped(wrapped(call(registerTree), { type: 'SELFDESTRUCT', to: adjudicator }))],
  ]
  const wanted = [parent, child].map((signed): [SignedState, RegisteredStatesOptions] => {
    const { channelId } = signed.state
    return [signed, { channelId, stateHash: stateHash(signed.state, v1) }]
  })

  it.each(cases)('%s', async (_, transaction) => {
    for (const node of nodes(transaction)) {
      for (const [signed, options] of wanted) expect(await recover(node, options)).toContainEqual(signed)
    }
  })

  it('also where our program runs and misses it', async () => {
    const transaction = wrapped(call(registerOne), call(registerTree))
    const blind = nodeWith(transaction, {
      debug_traceTransaction: (params) =>
        tracerIn(params) === 'callTracer'
          ? transaction
          : { seen: 1, calls: [v1.encodeConcludeFinal({ ...parent, state: { ...parent.state, version: 1n } })] },
    })
    for (const [signed, options] of wanted) expect(await recover(blind, options)).toContainEqual(signed)
  })

  it('also behind a settlement that hands in another state of the channel', async () => {
    const other = signAll(sampleKeyBytes, l2.params, { ...l2.state, version: 1n })
    const settle = call(v1.encodeConcludeFinal(other), { calls: [wrapped(call(registerTree))] })
    for (const [signed, options] of wanted) expect(await recover(nodeWith(settle), options)).toContainEqual(signed)
  })

  it('with an answer that is no longer than what the contract read', () => {
    const transaction = wrapped(...Array.from({ length: 50 }, () => call(padded(registerTree, 100_000))))
    const answer = traceOf(transaction, keepingTracer(adjudicator, v1))
    expect(JSON.stringify(answer).length).toBeLessThan(2 * registerTree.length)
  })
})

describe('recovering states from a direct call', () => {
  it('needs no trace for register', async () => {
    const node = nodeWith(call(registerTree))
    expect(await recover(node)).toEqual([parent, child])
    expect(node.methods).toEqual(['eth_getTransactionByHash'])
  })

  it('asks no node for what we sent, nor believes one', async () => {
    const node = nodeWith(call(registerOne))
    const deps = { client: node, adjudicator, generation: v1 }
    const ownCall = (of: string) => (of === hash ? { to: adjudicator, data: registerTree } : undefined)
    expect(await registeredStates({ ...deps, ownCall }, hash)).toEqual([parent, child])
    expect(node.methods).toEqual([])
    const other = parseTransactionHash(`0x${'34'.repeat(32)}`)
    expect(await registeredStates({ ...deps, ownCall }, other)).toEqual([one])
    expect(node.methods).toEqual(['eth_getTransactionByHash'])
  })

  it('looks inside a settlement, whose asset holder may call the adjudicator again', async () => {
    const settle = call(v1.encodeConcludeFinal(one), { calls: [wrapped(call(registerTree))] })
    expect(await recover(nodeWith(settle))).toEqual([one, parent, child])
    expect(await recover(nodeWith(settle), { channelId: parent.state.channelId })).toEqual([one, parent, child])
  })

  it('does not look inside a settlement of the channel in question', async () => {
    const node = nodeWith(call(v1.encodeConcludeFinal(one)))
    expect(await recover(node, { channelId: one.state.channelId })).toEqual([one])
    expect(node.methods).toEqual(['eth_getTransactionByHash'])
  })

  it('asks once only where there is nothing inside', async () => {
    const node = nodeWith(call(v1.encodeConcludeFinal(one)))
    expect(await recover(node)).toEqual([one])
    expect(node.methods).toEqual(['eth_getTransactionByHash', 'debug_traceTransaction'])
  })
})

describe('a node that', () => {
  const failure = (client: EvmClient): Promise<Error> => recover(client).then(() => new Error('no failure'), toError)
  const unreachable = (): never => {
    throw new WatcherError('CHAIN_UNREACHABLE', 'No answer.')
  }

  describe('D5b: refuses to trace', () => {
    const refusing = (code: number | undefined, message: string): Answers => ({
      debug_traceTransaction: () => {
        throw rpcRefused('debug_traceTransaction', { code, message, data: undefined })
      },
    })
    const refusals: readonly [string, Answers, string][] = [
      ['at the moment', refusing(-32_005, 'rate limit exceeded'), 'RPC_REFUSED'],
      ['for the time that it takes', refusing(-32_000, 'execution timeout'), 'RPC_REFUSED'],
      ['as a method that it does not have', refusing(-32_601, 'the method does not exist'), 'TRACING_UNSUPPORTED'],
      [
        'in words of its own',
        refusing(undefined, 'Method debug_traceTransaction is not allowed'),
        'TRACING_UNSUPPORTED',
      ],
    ]
    it.each(refusals)('%s: that is no verdict, and may be asked again', async (_, more, code) => {
      const hidden = nodeWith(wrapped(call(registerOne)), more)
      await expect(recover(hidden)).rejects.toMatchObject({ code, retryable: true })
      const { channelId } = parent.state
      const settlement = nodeWith(call(v1.encodeConcludeFinal(one)), more)
      await expect(recover(settlement, { channelId })).rejects.toMatchObject({ code, retryable: true })
      // What the transaction shows by itself needs no trace.
      expect(await recover(settlement, { channelId: one.state.channelId })).toEqual([one])
    })
  })

  it('cannot be reached is told of', async () => {
    const silent = nodeWith(call(registerOne), { eth_getTransactionByHash: unreachable })
    expect(hasCode(await failure(silent), 'CHAIN_UNREACHABLE')).toBe(true)
    const lost = nodeWith(wrapped(call(registerOne)), { debug_traceTransaction: unreachable })
    expect(hasCode(await failure(lost), 'CHAIN_UNREACHABLE')).toBe(true)
  })

  it.each<[string, unknown]>([
    ['does not know the transaction', null],
    ['gives no input', { to: wrapper }],
    ['gives an address that is none', { to: '0x12', input: '0x' }],
  ])('%s is told of', async (_, answer) => {
    const node = nodeWith(call(registerOne), { eth_getTransactionByHash: () => answer })
    expect(hasCode(await failure(node), 'CHAIN_DATA_INVALID')).toBe(true)
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['an empty result', {}],
    ['a result as of a tracer that never ran', { seen: 0, calls: [] }],
  ])('answers our tracer with %s is asked for a full trace', async (_, answer) => {
    const transaction = wrapped(call(registerOne))
    const node = nodeWith(transaction, {
      debug_traceTransaction: (params) => (tracerIn(params) === 'callTracer' ? transaction : answer),
    })
    expect(await recover(node)).toEqual([one])
  })

  it('sends any nonsense as a trace is survived', async () => {
    const frames = fc.object({ key: fc.constantFrom('calls', 'seen', 'to', 'type', 'input', 'error'), maxDepth: 4 })
    await fc.assert(
      fc.asyncProperty(fc.oneof(frames, fc.jsonValue()), async (answer) => {
        const more = { debug_traceTransaction: () => answer }
        const result = await recover(nodeWith(wrapped(), more)).catch(toError)
        if (!hasCode(result, 'CHAIN_DATA_INVALID')) expect(result).toEqual([])
      }),
    )
  })

  it('gives nonsense as input is survived', async () => {
    const inputs = fc.oneof(
      fc.string(),
      fc.string().map((text) => `${v1.selectors.register}${text}`),
    )
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        const more = { eth_getTransactionByHash: () => ({ to: adjudicator, input }) }
        const result = await recover(nodeWith(wrapped(), more)).catch(toError)
        if (!hasCode(result, 'CHAIN_DATA_INVALID')) expect(result).toEqual([])
      }),
    )
  })
})
