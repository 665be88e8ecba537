import { type Exchange, httpStatus, type Responder, refusal, result } from '@perun-watcher/nodes/faults'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { first, of, switched } from '../src/rpc-proxy/compose.ts'
import { earlierNode } from '../src/rpc-proxy/earlier-node.ts'
import { type RpcProxy, type RpcProxyOptions, startRpcProxy } from '../src/rpc-proxy/rpc-proxy.ts'

const open: RpcProxy[] = []
afterEach(async () => {
  for (const proxy of open.splice(0)) await proxy[Symbol.asyncDispose]()
})

/** Answers with what it was asked. */
const echo: Responder = async ({ method, params }) => result({ method, params })

const heads = new Set<(header: unknown) => void>()
const blocks: RpcProxyOptions['blocks'] = {
  onHead(listener) {
    heads.add(listener)
    return { [Symbol.dispose]: () => void heads.delete(listener) }
  },
}

async function proxy(options: Partial<RpcProxyOptions> = {}): Promise<RpcProxy> {
  const started = await startRpcProxy({ node: echo, blocks, ...options })
  open.push(started)
  return started
}

const message = (method: string, id = 7): object => ({ jsonrpc: '2.0', id, method, params: [1] })

function post({ httpUrl }: RpcProxy, body: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(httpUrl, { method: 'POST', body: JSON.stringify(body), ...(signal === undefined ? {} : { signal }) })
}

/** Whether nothing has come by the time that something else was answered several times. */
async function isSilent(answer: Promise<unknown>): Promise<boolean> {
  let isOver = false
  const end = (): void => {
    isOver = true
  }
  answer.then(end, end)
  const other = await proxy()
  for (let times = 0; times < 20; times++) await (await post(other, message('eth_chainId'))).text()
  return !isOver
}

describe('an RPC proxy', () => {
  it('hands requests and answers on, one by one and in batches, and counts them', async () => {
    const honest = await proxy()
    const one = await post(honest, message('eth_call'))
    expect(await one.json()).toEqual({ jsonrpc: '2.0', id: 7, result: { method: 'eth_call', params: [1] } })
    const both = await post(honest, [message('eth_call', 1), message('eth_chainId', 2)])
    expect(await both.json()).toMatchObject([{ id: 1 }, { id: 2 }])
    expect([...honest.requests]).toEqual([
      ['eth_call', 2],
      ['eth_chainId', 1],
    ])
  })

  it('refuses batches that are too large', async () => {
    const small = await proxy({ mostInBatch: 1 })
    const answer = await post(small, [message('eth_call', 1), message('eth_chainId', 2)])
    expect(await answer.json()).toMatchObject({ error: { code: -32_600 } })
  })

  it('gives what a fault says: an error, a page, a broken connection, more than anybody reads, or nothing', async () => {
    const faulty = await proxy({
      faults: [
        of(['eth_call'], async () => refusal(-32_005, 'limit')),
        of(['eth_gasPrice'], async () => httpStatus(429, 'slow down')),
        of(['eth_chainId'], async () => ({ type: 'failure', message: 'reset' })),
        of(['eth_getLogs'], async () => ({ type: 'failure', message: 'large', isTooLarge: true })),
        of(['eth_getCode'], async () => ({ type: 'silence' })),
      ],
    })
    expect(await (await post(faulty, message('eth_call'))).json()).toMatchObject({ error: { message: 'limit' } })
    const page = await post(faulty, message('eth_gasPrice'))
    expect([page.status, await page.text()]).toEqual([429, 'slow down'])
    await expect(post(faulty, message('eth_chainId'))).rejects.toThrow()
    expect((await (await post(faulty, message('eth_getLogs'))).text()).length).toBeGreaterThan(10 * 2 ** 20)
    const ended = new AbortController()
    const silent = post(faulty, message('eth_getCode'), ended.signal)
    expect(await isSilent(silent)).toBe(true)
    ended.abort()
  })

  it('puts faults on and off, and takes some of the first requests only', async () => {
    const refused = async (): ReturnType<Responder> => refusal(1, 'no')
    const fault = switched(refused, false)
    const faulty = await proxy({ faults: [fault.fault, first(1, refused)] })
    const ask = async (): Promise<boolean> => 'error' in Object(await (await post(faulty, message('eth_call'))).json())
    expect([await ask(), await ask()]).toEqual([true, false])
    fault.isOn = true
    expect(await ask()).toBe(true)
    fault.isOn = false
    expect(await ask()).toBe(false)
  })

  it('announces heads on a socket, and carries nothing on one that is stalled', async () => {
    const honest = await proxy()
    const socket = new WebSocket(honest.wsUrl)
    await new Promise((resolve) => socket.once('open', resolve))
    const heard: unknown[] = []
    let wake = (): void => {}
    socket.on('message', (data) => {
      heard.push(JSON.parse(String(data)))
      wake()
    })
    const more = (count: number): Promise<void> =>
      new Promise((resolve) => {
        wake = () => (heard.length >= count ? resolve() : undefined)
        wake()
      })
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] }))
    await more(1)
    for (const tell of heads) tell({ number: '0x1' })
    await more(2)
    expect(heard).toMatchObject([{ id: 1 }, { method: 'eth_subscription', params: { result: { number: '0x1' } } }])
    honest.stall()
    socket.send(JSON.stringify(message('eth_call')))
    const answered = new Promise<void>((resolve) => {
      wake = resolve
    })
    expect(await isSilent(answered)).toBe(true)
    socket.terminate()
  })
})

describe('a node that knows no block above a height', () => {
  const asked: Exchange[] = []
  const answers: Readonly<Record<string, unknown>> = {
    eth_getTransactionReceipt: { blockNumber: '0x6' },
    eth_getBlockByHash: { number: '0x5' },
  }
  const node = earlierNode(
    async (exchange) => {
      asked.push(exchange)
      return result(answers[exchange.method] ?? 'told')
    },
    () => 5,
  )

  it.each<[string, readonly unknown[], unknown]>([
    ['eth_blockNumber', [], '0x5'],
    ['eth_getBlockByNumber', ['0x6', false], null],
    ['eth_getBlockByHash', ['0xab', false], { number: '0x5' }],
    ['eth_getTransactionReceipt', ['0xab'], null],
    ['eth_chainId', [], 'told'],
  ])('answers %s with %j', async (method, params, value) => {
    expect(await node({ method, params })).toEqual(result(value))
  })

  it.each<[string, readonly unknown[], readonly unknown[]]>([
    ['eth_getBlockByNumber', ['latest', false], ['0x5', false]],
    ['eth_call', [{}, 'latest'], [{}, '0x5']],
    ['eth_getTransactionCount', ['0xab', 'pending'], ['0xab', '0x5']],
    ['eth_estimateGas', [{}], [{}]],
    ['eth_getLogs', [{ fromBlock: '0x1', toBlock: '0x9' }], [{ fromBlock: '0x1', toBlock: '0x5' }]],
    ['eth_getLogs', [{ blockHash: '0xab' }], [{ blockHash: '0xab' }]],
  ])('asks %s with %j', async (method, params, expected) => {
    await node({ method, params })
    expect(asked.at(-1)).toEqual({ method, params: expected })
  })
})
