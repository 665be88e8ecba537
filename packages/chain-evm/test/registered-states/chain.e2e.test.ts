import { type ChannelId, type Hex, parseTransactionHash, type SignedState, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import {
  type Actor,
  type Channel,
  createActor,
  type Devnet,
  devKey,
  lock,
  openChannel,
  registerInput,
  type Sent,
  startDevnet,
} from '@perun-watcher/devnet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EvmClient, parseAddress, signedStateFromAbi } from '../../src/index.ts'
import { v1 } from '../../src/internal.ts'
import { type RegisteredStatesOptions, registeredStates } from '../../src/registered-states/registered-states.ts'

let devnet: Devnet
let actors: readonly Actor[]
let methods: string[] = []

beforeAll(async () => {
  devnet = await startDevnet()
  actors = await Promise.all([1, 2].map((index) => createActor(devnet, devKey(index))))
})

afterAll(() => devnet.stop())

/** Plain JSON-RPC to anvil; `refuse` names what this node does not do. */
function client(refuse: (body: string) => boolean = () => false): EvmClient {
  let id = 0
  return {
    async request(method, params, options) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })
      methods.push(method)
      if (refuse(body)) throw new WatcherError('RPC_REFUSED', 'The node does not do this.')
      const headers = { 'content-type': 'application/json' }
      const signal = options?.signal ?? null
      const response = await fetch(devnet.rpcUrl, { method: 'POST', headers, body, signal })
      const answer: unknown = await response.json()
      if (typeof answer !== 'object' || answer === null) throw new Error('no JSON-RPC answer')
      if ('error' in answer) throw new WatcherError('RPC_REFUSED', JSON.stringify(answer.error))
      return 'result' in answer ? answer.result : undefined
    },
  }
}

async function recover(
  sent: Sent,
  options: RegisteredStatesOptions = {},
  evmClient: EvmClient = client(),
): Promise<readonly SignedState[]> {
  const { transactionHash } = await sent.wait()
  methods = []
  const deps = { client: evmClient, adjudicator: parseAddress(devnet.contracts.adjudicator), generation: v1 }
  return await registeredStates(deps, parseTransactionHash(transactionHash), options)
}

const open = (kind: 'ledger' | 'sub' = 'ledger'): Channel =>
  openChannel(devnet, { actors, balances: [10n, 20n], challengeDuration: 60n, kind })

async function tree(): Promise<{
  readonly abi: Parameters<typeof registerInput>
  readonly core: readonly SignedState[]
}> {
  const channel = open()
  const sub = open('sub')
  const subState = sub.state(4n)
  const root = await channel.signed(lock(channel.state(1n), subState))
  const signedSub = await sub.signed(subState)
  return { abi: [root, [signedSub]], core: [root, signedSub].map(signedStateFromAbi) }
}

const mallory = (): Actor => {
  const [actor] = actors
  if (!actor) throw new Error('no actor')
  return actor
}

/**
 * A contract that takes the length of one call, that call, and another. It makes the first five times over a mebibyte of
 * memory, which is all zeros behind the call, and then the other once.
 */
function paddingContract(): Hex {
  const callWith = (size: string): string => `60006000${size}6000600073${devnet.contracts.adjudicator.slice(2)}5af150`
  const lengthOfFirst = '600035'
  const startOfOther = `6020${lengthOfFirst}01`
  const lengthOfOther = `${startOfOther}3603`
  const copyFirst = `${lengthOfFirst}6020600037`
  const copyOther = `${lengthOfOther}${startOfOther}600037`
  const runtime = `${copyFirst}${callWith('62100000').repeat(5)}${copyOther}${callWith(lengthOfOther)}00`
  // Copies what follows these twelve bytes, and returns it.
  return `0x61${(runtime.length / 2).toString(16).padStart(4, '0')}80600c6000396000f3${runtime}`
}

const registerFrom = (size: string, start: string): string =>
  `60006000${size}${start}600073${devnet.contracts.adjudicator.slice(2)}5af1`

async function deploy(code: string): Promise<string> {
  const { contractAddress } = await (await mallory().send({ data: `0x${code}` })).wait()
  if (!contractAddress) throw new Error('no contract')
  return contractAddress.slice(2)
}

/** Hands its input to the adjudicator, and then undoes everything. */
async function undoing(): Promise<string> {
  const runtime = `366000600037${registerFrom('36', '6000')}60006000fd`
  return await deploy(`60${(runtime.length / 2).toString(16)}80600b6000396000f3${runtime}`)
}

/** A constructor that makes one call through another contract, whatever comes of it, and then one to the adjudicator. */
function constructing(through: string, first: Hex, second: Hex): Hex {
  const length = `62${((first.length - 2) / 2).toString(16).padStart(6, '0')}`
  const code = (start: string): string =>
    [
      `61${start}380361${start}600039`,
      `60006000${length}6000600073${through}5af150`,
      registerFrom(`${length}61${start}380303`, length),
      '5060006000f3',
    ].join('')
  const start = (code('0000').length / 2).toString(16).padStart(4, '0')
  return `0x${code(start)}${first.slice(2)}${second.slice(2)}`
}

/** Nodes differ in which tracers they run. */
const nodes: readonly [string, (body: string) => boolean, number][] = [
  ['that runs tracers of ours', () => false, 1],
  ['that has only built-in tracers', (body) => body.includes('enter:'), 2],
]

describe('states handed to the adjudicator', () => {
  it('directly are read without a trace', async () => {
    const { abi, core } = await tree()
    expect(await recover(await mallory().register(...abi))).toEqual(core)
    expect(methods).toEqual(['eth_getTransactionByHash'])
  })

  it('directly to settle are read', async () => {
    const channel = open()
    const final = await channel.signed(channel.state(3n, { isFinal: true }))
    const sent = await mallory().concludeFinal(final)
    const expected = signedStateFromAbi(final)
    const { channelId } = expected.state
    expect(await recover(sent)).toEqual([expected])
    expect(await recover(sent, { channelId })).toEqual([expected])
    expect(methods).toEqual(['eth_getTransactionByHash'])
  })

  describe.each(nodes)('from inside a contract, asking a node %s,', (_, refuse, traces) => {
    it('are read from a trace', async () => {
      const { abi, core } = await tree()
      expect(await recover(await mallory().registerThroughRelay(...abi), {}, client(refuse))).toEqual(core)
      expect(methods).toEqual(['eth_getTransactionByHash', ...Array(traces).fill('debug_traceTransaction')])
    })

    it('are read from a trace where the input is a lie', async () => {
      const { abi, core } = await tree()
      const lie = await tree()
      const sent = await mallory().registerDisguised(registerInput(...lie.abi), ...abi)
      expect(await recover(sent, {}, client(refuse))).toEqual(core)
    })

    it('D5a: are read from a trace behind no-op calls with a mebibyte of padding each', async () => {
      const { abi, core } = await tree()
      const other = open()
      const noOp = registerInput(await other.signed(other.state(1n)))
      const real = registerInput(...abi)
      const { contractAddress } = await (await mallory().send({ data: paddingContract() })).wait()
      if (!contractAddress) throw new Error('no contract')
      const data: Hex = `0x${((noOp.length - 2) / 2).toString(16).padStart(64, '0')}${noOp.slice(2)}${real.slice(2)}`
      const sent = await mallory().send({ to: contractAddress, data })
      for (const state of core) {
        const { channelId } = state.state
        expect(await recover(sent, { channelId }, client(refuse))).toContainEqual(state)
      }
    })

    it('are read from a trace where there is no input', async () => {
      const { abi, core } = await tree()
      expect(await recover(await mallory().registerDisguised('0x', ...abi), {}, client(refuse))).toEqual(core)
    })
  })

  it('D5b: inside a contract are asked for again where the node does not trace', async () => {
    const { abi } = await tree()
    const sent = await mallory().registerThroughRelay(...abi)
    const noTraces = client((body) => body.includes('debug_'))
    await expect(recover(sent, {}, noTraces)).rejects.toMatchObject({ code: 'RPC_REFUSED', retryable: true })
  })

  it('are none in other transactions', async () => {
    const [alice, bob] = actors
    if (!alice || !bob) throw new Error('no actors')
    // No log of the adjudicator comes from there.
    const transfer = await alice.send({ to: bob.address, data: '0x', value: 1n })
    await expect(recover(transfer)).rejects.toMatchObject({ code: 'CHAIN_DATA_INVALID', retryable: true })
    const channel = open()
    const signed = await channel.signed(channel.state(1n))
    await (await alice.register(signed)).wait()
    await devnet.anvil.mine({ secondsPerBlock: 61 })
    const sent = await alice.conclude({ params: channel.params, state: signed.state })
    const channelId: ChannelId = signedStateFromAbi(signed).state.channelId
    expect(await recover(sent, { channelId })).toEqual([])
  })

  it('stay unread when aborted, with the reason of the signal', async () => {
    const { abi } = await tree()
    const sent = await mallory().register(...abi)
    const reason = new Error('enough')
    const failure = await recover(sent, { signal: AbortSignal.abort(reason) }).catch(toError)
    expect(failure).toBe(reason)
  })
})

describe.each(nodes)('states registered by a constructor, asking a node %s,', (_, refuse) => {
  it('are read, apart from what was registered in a frame that was undone', async () => {
    const channel = open()
    const undone = await channel.signed(channel.state(5n))
    const stands = await channel.signed(channel.state(1n))
    const data = constructing(await undoing(), registerInput(undone), registerInput(stands))
    const sent = await mallory().send({ data })
    const expected = signedStateFromAbi(stands)
    const { channelId } = expected.state
    expect(await recover(sent, { channelId }, client(refuse))).toEqual([expected])
  })
})
