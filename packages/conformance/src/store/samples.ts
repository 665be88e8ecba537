import {
  type Asset,
  type ChannelId,
  type ClientName,
  type HeldState,
  type OnChainRecord,
  type Params,
  parseBlockHash,
  parseBytes,
  parseClientName,
  parseTransactionHash,
  type State,
} from '@perun-watcher/core'
import { type KeptState, type StoreChange, stateBytes, type TransactionAttempt } from '@perun-watcher/core/adapter'
import { modelChannelId, modelSigned, modelStateHash } from '@perun-watcher/core/testing'

const bytes = (byte: string, size: number): ReturnType<typeof parseBytes> => parseBytes(`0x${byte.repeat(size)}`)
const asset: Asset = { chainId: 1n, holder: bytes('55', 20), crossChainHolder: bytes('', 0) }

export const alice: ClientName = parseClientName('alice')
export const bob: ClientName = parseClientName('bob')

export interface Sample {
  readonly id: ChannelId
  readonly params: Params
  held(version: bigint, options?: Partial<State> & { readonly locks?: readonly Sample[] }): HeldState
  create(
    version: bigint,
    links?: Partial<Pick<Extract<StoreChange, { type: 'createChannel' }>, 'parents' | 'clients'>>,
  ): StoreChange
  newest(version: bigint, line?: number): StoreChange
}

/** A channel that is determined by its number, the same in every process. */
export function sample(number: number, overrides: Partial<Params> = {}): Sample {
  const params: Params = {
    challengeDuration: 600n,
    nonce: BigInt(number),
    participants: ['a1', 'b0'].map((byte) => ({ address: bytes(byte, 20), crossChainAddress: bytes('', 0) })),
    app: undefined,
    ledgerChannel: true,
    virtualChannel: false,
    ...overrides,
  }
  const id = modelChannelId(params)

  function held(version: bigint, { locks = [], ...rest }: Parameters<Sample['held']>[1] = {}): HeldState {
    const locked = locks.map((lock) => ({ channelId: lock.id, balances: [7n], indexMap: [0, 1] }))
    const outcome = { assets: [asset], backends: [1n], balances: [[version, 1_000n]], locked }
    const state: State = { channelId: id, version, outcome, appData: bytes('', 0), isFinal: false, ...rest }
    const { sigs } = modelSigned(params, state)
    return { state, sigs, hash: modelStateHash(state) }
  }
  return {
    id,
    params,
    held,
    create: (version, { parents = [], clients = [alice] } = {}) => {
      return { type: 'createChannel', id, params, parents, clients, newest: held(version) }
    },
    newest: (version, line = 0) => ({ type: 'putNewest', id, line, held: held(version) }),
  }
}

/** Names a state for `dropKept`. */
export const keptOf = (held: HeldState): KeptState => ({
  version: held.state.version,
  hash: held.hash,
  bytes: stateBytes(held),
})

export const record = (version: bigint): OnChainRecord => ({
  version,
  phase: 'dispute',
  timeout: 1_700_000_000n,
  stateHash: undefined,
  blockNumber: 12n,
})

export const attempt = (account: string, nonce: bigint, price = 0n): TransactionAttempt => ({
  lane: bytes(account, 20),
  sequence: nonce,
  hash: parseTransactionHash(`0x${account.repeat(24)}${hex(nonce, 8)}${hex(price, 8)}`.slice(0, 66)),
  raw: bytes('02', 100),
})

const hex = (value: bigint, digits: number): string => value.toString(16).padStart(digits, '0')

export const blockHash = parseBlockHash(bytes('bb', 32))
export const transactionHash = parseTransactionHash(bytes('77', 32))
