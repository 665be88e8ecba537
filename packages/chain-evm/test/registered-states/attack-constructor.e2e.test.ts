import { type Hex, parseTransactionHash, type SignedState, WatcherError } from '@perun-watcher/core'
import {
  type Actor,
  type Channel,
  createActor,
  type Devnet,
  devKey,
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

const mallory = (): Actor => {
  const [actor] = actors
  if (!actor) throw new Error('no actor')
  return actor
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

const nodes: readonly [string, (body: string) => boolean][] = [
  ['that runs tracers of ours', () => false],
  ['that has only built-in tracers', (body) => body.includes('enter:')],
]

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
