import { chainUnreachable, rpcRefused } from '@perun-watcher/chain-evm'
import { expect, test } from 'vitest'
import type { RpcOutcome } from '../../src/chain/failover-client.ts'
import { type Endpoint, failoverClient } from '../../src/chain/failover-client.ts'

/** An endpoint that does as it is told. */
function endpoint(name: string, asked: string[]) {
  let mood: 'answers' | 'refuses' | 'is silent' = 'answers'
  const wakes = new Set<() => void>()
  const end: Endpoint = {
    url: `https://${name}/secret`,
    client: {
      async request(method) {
        asked.push(name)
        if (mood === 'refuses') throw rpcRefused(method, { code: -32_000, message: 'no', data: undefined })
        if (mood === 'is silent') throw chainUnreachable(method, 'no answer')
        return name
      },
      watchHeads(wake) {
        wakes.add(wake)
        return () => wakes.delete(wake)
      },
    },
    async close() {},
  }
  return {
    end,
    wakes,
    now(next: typeof mood) {
      mood = next
    },
  }
}

function three() {
  const asked: string[] = []
  const told: RpcOutcome[] = []
  const [a, b, c] = [endpoint('a', asked), endpoint('b', asked), endpoint('c', asked)]
  return { a, b, c, asked, told, client: failoverClient([a.end, b.end, c.end], (outcome) => told.push(outcome)) }
}

test('one that does not answer is passed over, and the next stays the first while it answers', async () => {
  const { a, b, asked, client, told } = three()
  a.now('is silent')
  expect([await client.request('m', []), await client.request('m', [])]).toEqual(['b', 'b'])
  a.now('answers')
  b.now('is silent')
  expect(await client.request('m', [])).toBe('a')
  expect(asked).toEqual(['a', 'b', 'b', 'b', 'a'])
  expect(told.map(({ endpoint: name, result }) => `${name} ${result}`)).toEqual([
    'a unanswered',
    'b answered',
    'b answered',
    'b unanswered',
    'a answered',
  ])
})

test('a refusal is an answer', async () => {
  const { a, asked, client, told } = three()
  a.now('refuses')
  await expect(client.request('m', [])).rejects.toMatchObject({ code: 'RPC_REFUSED' })
  expect(asked).toEqual(['a'])
  expect(told).toMatchObject([{ result: 'refused', method: 'm' }])
})

test('where none answers, each was asked once', async () => {
  const { a, b, c, asked, client } = three()
  for (const each of [a, b, c]) each.now('is silent')
  await expect(client.request('m', [])).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
  expect(asked).toEqual(['a', 'b', 'c'])
})

test('whoever gives up gets the reason, and no further endpoint is asked', async () => {
  const { a, asked, client, told } = three()
  a.now('is silent')
  const reason = new Error('enough')
  await expect(client.request('m', [], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(asked).toEqual(['a'])
  expect(told).toEqual([])
})

test('heads of every endpoint wake, until nobody wants them', () => {
  const { a, c, client } = three()
  let woken = 0
  const end = client.watchHeads?.(() => {
    woken += 1
  })
  for (const { wakes } of [a, c]) for (const wake of wakes) wake()
  expect(woken).toBe(2)
  end?.()
  expect(a.wakes.size + c.wakes.size).toBe(0)
})
