import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RpcOutcome } from '../../../src/rpc/failover/endpoint.ts'
import { failoverClient } from '../../../src/rpc/failover/failover-client.ts'
import { toQuantity } from '../../../src/rpc/parse-rpc.ts'
import { chainUnreachable, rpcRefused } from '../../../src/rpc/rpc-errors.ts'
import { classifyBroadcast } from '../../../src/transactions/node/classify-error.ts'
import { manualClock } from '../../support/clocks.ts'

type Answer = (method: string, params: readonly unknown[]) => unknown

const refuse =
  (message: string, code = -32_000): Answer =>
  (method) => {
    throw rpcRefused(method, { code, message, data: undefined })
  }

const silent: Answer = (method) => {
  throw chainUnreachable(method, 'connect ECONNREFUSED')
}

const failures: readonly (readonly [string, Answer])[] = [
  ['does not answer', silent],
  ['is out of its daily limit', refuse('daily request count exceeded, request rate limited', -32_005)],
  ['limits its rate, in HTTP 200', refuse('rate limit exceeded')],
  ['lacks the method', refuse('the method eth_call does not exist/is not available', -32_601)],
  ['has the method in no plan', refuse('method not available')],
  ['has no history', refuse('missing trie node 1234')],
  ['wants less at once', refuse('request entity too large')],
  ['has an internal error', refuse('internal error', -32_603)],
  ['speaks a language of its own', refuse('nein', -7)],
  ['answers null', () => null],
  ['answers nonsense', () => ({ yes: true })],
  ['throws anything', () => Promise.reject('what')],
]

interface Node {
  answer: Answer
  head: bigint
  /** Of its head, in seconds. */
  time: bigint
  readonly asked: string[]
}

/** Endpoints that do as they are told, on a clock that stands still until told otherwise. */
function world(count: number) {
  const clock = manualClock()
  const outcomes: RpcOutcome[] = []
  const told: string[] = []
  const tell = (message: string): void => {
    told.push(message)
  }
  const logger: Logger = { ...silentLogger, warn: tell, info: tell }
  const nodes = Array.from(
    { length: count },
    (_, index): Node => ({ answer: () => `0x${index}`, head: 1n, time: 1_000n, asked: [] }),
  )
  const client = failoverClient({
    endpoints: nodes.map((node, index) => ({
      name: `node ${index}`,
      client: {
        async request(method, params) {
          node.asked.push(method)
          const answer = await node.answer(method, params)
          if (method !== 'eth_getBlockByNumber' || !/^0x\d$/.test(String(answer))) return answer
          return { number: toQuantity(node.head), timestamp: toQuantity(node.time) }
        },
      },
    })),
    clock,
    logger,
    observer: (outcome) => outcomes.push(outcome),
  })
  const node = (index: number): Node => {
    const found = nodes[index]
    assert.ok(found)
    return found
  }
  return {
    node,
    client,
    outcomes,
    told,
    call: () => client.request('eth_call', [{}, 'latest']),
    /** What comes of it in so much time. */
    async within(ms: number, work: Promise<unknown>): Promise<unknown> {
      let outcome: unknown
      const done = work.then((result) => (outcome = result))
      for (let passed = 0; passed < ms && outcome === undefined; passed += 500) {
        for (let turn = 0; turn < 20; turn++) await setImmediate()
        if (outcome === undefined) clock.advance(500)
      }
      return outcome ?? done
    },
    /** Lets time pass, with a look at the heads. */
    async later(ms: number) {
      clock.advance(ms)
      await client.request('eth_call', [{}, 'latest']).catch(() => undefined)
      for (let turn = 0; turn < 20; turn++) await setImmediate()
    },
  }
}

describe('one client over several endpoints', () => {
  it.each(failures)('asks the next where one %s', async (_what, answer) => {
    const { node, call } = world(3)
    node(0).answer = answer
    expect(await call()).toBe('0x1')
    expect(node(2).asked).not.toContain('eth_call')
  })

  it.each(failures)('comes back to the first some time after it %s', async (_what, answer) => {
    const { node, call, later, client } = world(2)
    node(0).answer = answer
    for (let i = 0; i < 40; i++) await later(10_000)
    node(0).answer = () => '0x0'
    // Longer than any memory.
    for (let i = 0; i < 40; i++) await later(10_000)
    expect(await call()).toBe('0x0')
    expect(client.health).toMatchObject([{ state: 'good' }, { state: 'good' }])
  })

  it('believes a verdict about the call, and asks nobody else', async () => {
    const { node, call } = world(2)
    node(0).answer = refuse('execution reverted', 3)
    await expect(call()).rejects.toMatchObject({ code: 'RPC_REFUSED' })
    expect(node(1).asked).not.toContain('eth_call')
  })

  it('asks each once where none answers, and tells what says most', async () => {
    const { node, call } = world(3)
    node(0).answer = silent
    node(1).answer = refuse('missing trie node')
    node(2).answer = silent
    await expect(call()).rejects.toMatchObject({ details: ['It said: missing trie node (-32000).'] })
    for (const index of [0, 1, 2]) expect(node(index).asked.filter((each) => each === 'eth_call')).toHaveLength(1)
  })

  it('asks an endpoint for everything but the method that it lacks', async () => {
    const { node, client, call } = world(2)
    node(0).answer = (method, params) =>
      method === 'eth_call' ? refuse('method not available')(method, params) : '0x0'
    for (let i = 0; i < 5; i++) await call()
    expect(node(0).asked.filter((method) => method === 'eth_call')).toHaveLength(1)
    expect(await client.request('eth_getBalance', [])).toBe('0x0')
  })

  it('asks an endpoint for single blocks that takes no ranges', async () => {
    const { node, client } = world(2)
    node(0).answer = (method, [filter]) => {
      if (typeof filter === 'object' && filter !== null && 'fromBlock' in filter)
        refuse('block range too wide')(method, [])
      return []
    }
    node(1).answer = () => []
    for (let i = 0; i < 5; i++) await client.request('eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x2' }])
    await client.request('eth_getLogs', [{ blockHash: '0x1' }])
    expect(node(0).asked.filter((method) => method === 'eth_getLogs')).toHaveLength(2)
  })

  it('asks an endpoint for plain calls that takes no state of the call', async () => {
    const { node, client, call } = world(2)
    node(0).answer = (method, params) =>
      params.length > 2 ? refuse('too many arguments, want at most 2', -32_602)(method, params) : '0x0'
    expect(await client.request('eth_call', [{}, 'latest', {}])).toBe('0x1')
    expect(await call()).toBe('0x0')
  })

  it('does not wait long for one that hangs, and asks it last until it answers again', async () => {
    const { node, call, within } = world(2)
    node(0).answer = () => new Promise(() => undefined)
    for (let i = 0; i < 4; i++) expect(await within(10_000, call())).toBe('0x1')
    const before = node(0).asked.filter((method) => method === 'eth_call').length
    await call()
    expect(node(0).asked.filter((method) => method === 'eth_call')).toHaveLength(before)
  })

  it('notices a dead endpoint that nobody asks, tells it once, and tells once that it is back', async () => {
    const { node, client, later, told } = world(2)
    node(1).answer = silent
    for (let i = 0; i < 30; i++) await later(10_000)
    expect(client.health).toMatchObject([{ state: 'good' }, { state: 'failing', reason: 'nothing' }])
    expect(told.filter((message) => message.includes('fails; the others'))).toHaveLength(1)
    node(1).answer = () => '0x1'
    for (let i = 0; i < 30; i++) await later(10_000)
    expect(client.health).toMatchObject([{ state: 'good' }, { state: 'good' }])
    expect(told.filter((message) => message.includes('well again'))).toHaveLength(1)
  })

  it('asks the next where the head of the first stands still, and comes back once it moves', async () => {
    const { node, call, later, client } = world(2)
    for (let i = 0; i < 6; i++) {
      node(1).head += 2n
      await later(10_000)
    }
    expect(client.health).toMatchObject([{ state: 'behind' }, { state: 'good' }])
    expect(await call()).toBe('0x1')
    node(0).head = node(1).head
    await later(10_000)
    expect(await call()).toBe('0x0')
  })

  it('asks the next where the first tells later times of the same blocks, and comes back once it does not', async () => {
    const { node, call, later, client, told } = world(2)
    node(0).time += 86_400n
    for (let i = 0; i < 4; i++) {
      for (const index of [0, 1]) node(index).head += 1n
      // Now the one has the newest block, now the other.
      node(i % 2).head += 1n
      await later(10_000)
      expect(await call()).toBe('0x1')
    }
    expect(client.health).toMatchObject([{ state: 'failing', reason: 'nonsense' }, { state: 'good' }])
    expect(told.filter((message) => message.includes('fails; the others'))).toHaveLength(1)
    node(0).time = node(1).time
    await later(10_000)
    expect(await call()).toBe('0x0')
  })

  it.each([
    ['much higher', 1_000n, -86_400n],
    ['much lower', -1_000n, -86_400n],
    ['as high, and hardly older', 0n, -100n],
  ])('stays with its times where another head is %s', async (_, blocks, seconds) => {
    const { node, call, later } = world(2)
    for (const index of [0, 1]) Object.assign(node(index), { head: 5_000n, time: 1_000_000n })
    node(1).head += blocks
    node(1).time += seconds
    await later(10_000)
    expect(await call()).toBe('0x0')
  })

  it('stays with a head that moves, whatever another one claims', async () => {
    const { node, call, later } = world(2)
    for (let i = 0; i < 20; i++) {
      node(0).head += 1n
      node(1).head += 1_000_000n
      await later(10_000)
      expect(await call()).toBe('0x0')
    }
  })

  it('asks the others for what one does not know, but no answer is made up', async () => {
    const { node, client } = world(2)
    const hash = `0x${'11'.repeat(32)}`
    node(0).answer = () => null
    node(1).answer = () => ({ hash })
    expect(await client.request('eth_getBlockByHash', [hash, false])).toEqual({ hash })
    node(1).answer = () => ({ hash: `0x${'22'.repeat(32)}` })
    expect(await client.request('eth_getBlockByHash', [hash, false])).toBeNull()
    node(1).answer = () => null
    expect(await client.request('eth_getTransactionReceipt', [hash])).toBeNull()
  })

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['a block without a number', { hash: '0x1' }],
    ['text', 'latest'],
    ['a list', []],
  ])('takes %s for no newest block', async (_what, answer) => {
    const { node, client } = world(2)
    const block = { number: '0x7', timestamp: '0x1' }
    node(0).answer = () => answer
    node(1).answer = () => block
    expect(await client.request('eth_getBlockByNumber', ['latest', false])).toEqual(block)
    expect(await client.request('eth_getBlockByNumber', ['0x7', false])).toEqual(block)
  })

  it('begins with another one for a second opinion', async () => {
    const { node, client } = world(2)
    expect(await client.request('eth_call', [], { secondOpinion: true })).toBe('0x1')
    node(1).answer = silent
    expect(await client.request('eth_call', [], { secondOpinion: true })).toBe('0x0')
  })

  it('asks everybody once before it asks anybody again', async () => {
    const { node, client } = world(3)
    const heard = new Set<string>()
    const ask = (): Promise<unknown> => client.request('eth_call', [], { heard })
    node(1).answer = () => '0x'
    expect([await ask(), await ask(), heard.size]).toEqual(['0x0', '0x2', 3])
    // Then the one that said it last.
    expect(await ask()).toBe('0x2')
    const fewer = new Set<string>()
    node(0).answer = silent
    node(1).answer = silent
    for (let times = 0; times < 3; times++) await client.request('eth_chainId', []).catch(() => undefined)
    expect(await client.request('eth_call', [], { heard: fewer })).toBe('0x2')
    expect(await client.request('eth_call', [], { heard: fewer })).toBe('0x2')
    expect(fewer.size).toBe(1)
  })

  it('names nobody where there is only one', async () => {
    const { client } = world(1)
    const heard = new Set<string>()
    await client.request('eth_call', [], { heard })
    expect(heard.size).toBe(0)
  })

  it('gives whoever gives up the reason, and remembers nothing of it', async () => {
    const { node, client, outcomes, call } = world(2)
    node(0).answer = () => new Promise(() => undefined)
    const abort = new AbortController()
    const asking = client.request('eth_call', [], { signal: abort.signal })
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(asking).rejects.toBe(reason)
    node(0).answer = () => '0x0'
    expect(await call()).toBe('0x0')
    expect(outcomes.filter(({ method }) => method === 'eth_call')).toHaveLength(1)
  })

  it.each([
    ['eth_getCode', ['0x1', 'latest']],
    ['eth_call', [{}, 'latest']],
    ['eth_call', [{}, 'latest', {}]],
  ])('asks the next where %s brings nothing, and believes it where all say so', async (method, params) => {
    const { node, client } = world(2)
    node(0).answer = () => '0x'
    node(1).answer = () => '0x60'
    expect(await client.request(method, params)).toBe('0x60')
    node(1).answer = () => '0x'
    expect(await client.request(method, params)).toBe('0x')
    node(1).answer = silent
    expect(await client.request(method, params)).toBe('0x')
  })

  const hash = `0x${'11'.repeat(32)}`
  const answered: readonly (readonly [string, readonly unknown[], unknown])[] = [
    ['eth_chainId', [], '0x1'],
    ['eth_getBalance', ['0x1', 'latest'], '0x1'],
    ['eth_getTransactionCount', ['0x1', 'latest'], '0x1'],
    ['eth_estimateGas', [{}], '0x1'],
    ['eth_call', [{}, 'latest'], '0x'],
    ['eth_getCode', ['0x1', 'latest'], '0x'],
    ['eth_maxPriorityFeePerGas', [], '0x1'],
    ['eth_gasPrice', [], '0x1'],
    ['eth_feeHistory', ['0xa', 'latest', [60]], { baseFeePerGas: [] }],
    ['eth_getBlockByHash', [hash, false], { hash }],
    ['eth_getLogs', [{ blockHash: hash }], []],
    ['eth_getTransactionReceipt', [hash], { transactionHash: hash, blockHash: null }],
    ['eth_getTransactionByHash', [hash], { hash }],
    ['debug_traceTransaction', [hash, {}], { type: 'CALL' }],
  ]
  const another = `0x${'22'.repeat(32)}`
  it.each(answered)('takes no nonsense for an answer to %s', async (method, params, truth) => {
    for (const nonsense of ['<html>Checking your browser…</html>', 7, true, [{}]]) {
      const { node, client } = world(2)
      node(0).answer = () => (method === 'eth_getLogs' && Array.isArray(nonsense) ? {} : nonsense)
      node(1).answer = () => truth
      expect(await client.request(method, params)).toEqual(truth)
    }
  })

  it.each([
    ['eth_getTransactionReceipt', 'transactionHash'],
    ['eth_getTransactionByHash', 'hash'],
    ['eth_getBlockByHash', 'hash'],
  ])('takes nothing of something else for an answer to %s', async (method, name) => {
    const { node, client } = world(2)
    node(0).answer = () => ({ [name]: another })
    node(1).answer = () => ({ [name]: hash.toUpperCase().replace('X', 'x') })
    expect(await client.request(method, [hash, false])).toEqual({ [name]: hash.toUpperCase().replace('X', 'x') })
  })

  it('gives an answer whenever any endpoint has one, whatever the others did before', async () => {
    const faulty = fc.constantFrom(...failures.map(([, answer]) => answer))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.array(faulty, { minLength: 2, maxLength: 2 }), fc.nat(70_000)), {
          maxLength: 20,
        }),
        async (rounds) => {
          const { node, call, later } = world(3)
          for (const [honest, [one, other], ms] of rounds) {
            assert.ok(one && other)
            const liars = [0, 1, 2].filter((index) => index !== honest)
            node(honest).answer = () => '0x7'
            node(liars[0] ?? 0).answer = one
            node(liars[1] ?? 0).answer = other
            expect(await call()).toBe('0x7')
            await later(ms)
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('a signed transaction', () => {
  const send = (client: ReturnType<typeof world>['client']): Promise<unknown> =>
    client.request('eth_sendRawTransaction', ['0x02'])
  const delivered = ({ asked }: Node): number => asked.filter((method) => method === 'eth_sendRawTransaction').length

  it('goes to all endpoints', async () => {
    const { node, client } = world(3)
    expect(await send(client)).toBe('0x0')
    for (const index of [0, 1, 2]) expect(delivered(node(index))).toBe(1)
  })

  it.each(failures)('is sent where any takes it, though the first %s', async (_what, answer) => {
    const { node, client } = world(2)
    node(0).answer = answer
    expect(await send(client)).toBe('0x1')
  })

  it('reaches those that hang, also once another one has taken it and the caller is gone', async () => {
    const { node, client } = world(2)
    let isAborted = false
    node(1).answer = () => new Promise(() => undefined)
    const abort = new AbortController()
    abort.signal.addEventListener('abort', () => {
      isAborted = true
    })
    await client.request('eth_sendRawTransaction', ['0x02'], { signal: abort.signal })
    abort.abort()
    expect(isAborted).toBe(true)
    expect(delivered(node(1))).toBe(1)
  })

  it.each([
    ['known', 'nonce too low', 'already known'],
    ['outbid', 'insufficient funds', 'replacement transaction underpriced'],
    ['feeTooLow', 'invalid sender', 'transaction underpriced'],
    ['tooExpensive', 'internal error', 'tx fee (1.20 ether) exceeds the configured cap (1.00 ether)'],
    ['later', 'invalid sender', 'txpool is full'],
    ['unknown', 'invalid sender', 'internal error'],
    ['never', 'invalid sender', 'invalid sender'],
  ])('means %s where one says %s and the other %s', async (expected, one, other) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ]) {
      const { node, client } = world(2)
      node(0).answer = refuse(first ?? '')
      node(1).answer = refuse(second ?? '')
      const error: unknown = await send(client).catch((thrown: unknown) => thrown)
      expect(classifyBroadcast(error)).toBe(expected)
    }
  })

  it('may have been taken where one refuses it for good and the other does not answer', async () => {
    const { node, client } = world(2)
    node(0).answer = refuse('invalid sender')
    node(1).answer = silent
    expect(classifyBroadcast(await send(client).catch((thrown: unknown) => thrown))).toBe('unknown')
  })
})
