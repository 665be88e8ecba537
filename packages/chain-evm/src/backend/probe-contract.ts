import {
  type AbortOptions,
  type Hex,
  type Params,
  parseBytes,
  parseChannelId,
  type State,
  WatcherError,
} from '@perun-watcher/core'
import type { Generation } from '../codec/generation.ts'
import { channelId, stateHash } from '../codec/hash.ts'
import { callData } from '../codec/hex.ts'
import { v1Selectors } from '../codec/v1-abi.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { parseQuantity, parseRpcBytes, refusalOf } from '../rpc/parse-rpc.ts'

export interface ProbeRequest {
  readonly client: EvmClient
  readonly chainId: bigint
  readonly adjudicator: Address
  readonly generation: Generation
}

const address = parseBytes(`0x${'11'.repeat(20)}`)

/** Every field has a value of its own, so that a contract with another order or another type of one gives another hash. */
const probeParams: Params = {
  challengeDuration: 2n,
  nonce: 3n,
  participants: [{ address, crossChainAddress: parseBytes('0x04') }],
  app: parseBytes(`0x${'05'.repeat(20)}`),
  ledgerChannel: true,
  virtualChannel: false,
}

const probeState: State = {
  channelId: parseChannelId(`0x${'06'.repeat(32)}`),
  version: 7n,
  outcome: {
    assets: [{ chainId: 8n, holder: address, crossChainHolder: parseBytes('0x09') }],
    backends: [10n],
    balances: [[11n, 12n]],
    locked: [{ channelId: parseChannelId(`0x${'0d'.repeat(32)}`), balances: [14n], indexMap: [15, 16] }],
  },
  appData: parseBytes('0x11'),
  isFinal: true,
}

function mismatch(sentence: string, details: readonly string[]): WatcherError {
  return new WatcherError('CHAIN_MISMATCH', sentence, { details })
}

/** The answer of a pure function; `undefined` where the contract has no such function. */
async function ask(request: ProbeRequest, data: Hex, options: AbortOptions): Promise<Hex | undefined> {
  try {
    const { client, adjudicator: to } = request
    return parseRpcBytes(await client.request('eth_call', [{ to, data }, 'latest'], options), 'eth_call')
  } catch (error) {
    const refusal = refusalOf(error)
    // Not every refusal comes from the contract: a node over its limits says nothing about the address.
    if (refusal !== undefined && /revert|invalid opcode|out of gas/i.test(refusal.message)) return undefined
    throw error
  }
}

/**
 * Checks that the endpoint is of the right chain, and that the address holds an adjudicator whose hashes are ours.
 *
 * @throws WatcherError `CHAIN_MISMATCH` if not, and whatever the client throws.
 */
export async function probeContract(request: ProbeRequest, options: AbortOptions = {}): Promise<void> {
  const { client, chainId: expected, adjudicator, generation } = request
  const actual = parseQuantity(await client.request('eth_chainId', [], options), 'chain id')
  if (actual !== expected) {
    throw mismatch('The RPC endpoint is of another chain.', [`It says ${actual}, expected ${expected}.`])
  }
  const code = parseRpcBytes(await client.request('eth_getCode', [adjudicator, 'latest'], options), 'code')
  if (code.length === 2)
    throw mismatch('There is no contract at the address of the adjudicator.', [`Address ${adjudicator}.`])

  const [id, hash] = await Promise.all([
    ask(request, callData(v1Selectors.channelID, generation.encodeParams(probeParams)), options),
    ask(request, callData(v1Selectors.hashState, generation.encodeState(probeState)), options),
  ])
  if (id !== channelId(probeParams, generation) || hash !== stateHash(probeState, generation)) {
    throw mismatch(`The contract is no Perun adjudicator of generation ${generation.name}.`, [
      `Address ${adjudicator}.`,
      'It hashes channel parameters or states in another way, or not at all.',
    ])
  }
}
