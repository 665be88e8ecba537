/**
 * The interface of the adjudicator, generation `v1`, as far as a watcher needs it: perun-eth-contracts 1.0.0, which
 * perun-eth-backend 0.6.0 binds. Names, types and order are part of every channel id, state hash and selector.
 */

const participant = [
  { name: 'ethAddress', type: 'address' },
  { name: 'ccAddress', type: 'bytes' },
] as const

const paramsFields = [
  { name: 'challengeDuration', type: 'uint256' },
  { name: 'nonce', type: 'uint256' },
  { name: 'participants', type: 'tuple[]', components: participant },
  { name: 'app', type: 'address' },
  { name: 'ledgerChannel', type: 'bool' },
  { name: 'virtualChannel', type: 'bool' },
] as const

const asset = [
  { name: 'chainID', type: 'uint256' },
  { name: 'ethHolder', type: 'address' },
  { name: 'ccHolder', type: 'bytes' },
] as const

const subAlloc = [
  { name: 'ID', type: 'bytes32' },
  { name: 'balances', type: 'uint256[]' },
  { name: 'indexMap', type: 'uint16[]' },
] as const

const allocation = [
  { name: 'assets', type: 'tuple[]', components: asset },
  { name: 'backends', type: 'uint256[]' },
  { name: 'balances', type: 'uint256[][]' },
  { name: 'locked', type: 'tuple[]', components: subAlloc },
] as const

const stateFields = [
  { name: 'channelID', type: 'bytes32' },
  { name: 'version', type: 'uint64' },
  { name: 'outcome', type: 'tuple', components: allocation },
  { name: 'appData', type: 'bytes' },
  { name: 'isFinal', type: 'bool' },
] as const

const signedState = [
  { name: 'params', type: 'tuple', components: paramsFields },
  { name: 'state', type: 'tuple', components: stateFields },
  { name: 'sigs', type: 'bytes[]' },
] as const

/** The arguments and results of the functions, by name of the function. */
export const v1Types = {
  /** Its encoding is what a channel id is the hash of. */
  channelId: [{ name: 'params', type: 'tuple', components: paramsFields }],
  /** Its encoding is what a state hash is the hash of. */
  hashState: [{ name: 'state', type: 'tuple', components: stateFields }],
  register: [
    { name: 'channel', type: 'tuple', components: signedState },
    { name: 'subChannels', type: 'tuple[]', components: signedState },
  ],
  progress: [
    { name: 'params', type: 'tuple', components: paramsFields },
    { name: 'stateOld', type: 'tuple', components: stateFields },
    { name: 'state', type: 'tuple', components: stateFields },
    { name: 'actorIdx', type: 'uint256' },
    { name: 'sig', type: 'bytes' },
  ],
  conclude: [
    { name: 'params', type: 'tuple', components: paramsFields },
    { name: 'state', type: 'tuple', components: stateFields },
    { name: 'subStates', type: 'tuple[]', components: stateFields },
  ],
  concludeFinal: [
    { name: 'params', type: 'tuple', components: paramsFields },
    { name: 'state', type: 'tuple', components: stateFields },
    { name: 'sigs', type: 'bytes[]' },
  ],
  disputesResult: [
    { name: 'timeout', type: 'uint64' },
    { name: 'challengeDuration', type: 'uint64' },
    { name: 'version', type: 'uint64' },
    { name: 'phase', type: 'uint8' },
    { name: 'stateHash', type: 'bytes32' },
    { name: 'hasApp', type: 'bool' },
  ],
} as const

const hash = [{ name: '', type: 'bytes32' }] as const

/** The adjudicator's functions and its log, in the form that viem, ethers and ox take. */
export const v1Abi = [
  { type: 'function', name: 'register', stateMutability: 'nonpayable', inputs: v1Types.register, outputs: [] },
  { type: 'function', name: 'progress', stateMutability: 'nonpayable', inputs: v1Types.progress, outputs: [] },
  { type: 'function', name: 'conclude', stateMutability: 'nonpayable', inputs: v1Types.conclude, outputs: [] },
  {
    type: 'function',
    name: 'concludeFinal',
    stateMutability: 'nonpayable',
    inputs: v1Types.concludeFinal,
    outputs: [],
  },
  { type: 'function', name: 'channelID', stateMutability: 'pure', inputs: v1Types.channelId, outputs: hash },
  { type: 'function', name: 'hashState', stateMutability: 'pure', inputs: v1Types.hashState, outputs: hash },
  { type: 'function', name: 'disputes', stateMutability: 'view', inputs: hash, outputs: v1Types.disputesResult },
  {
    type: 'event',
    name: 'ChannelUpdate',
    inputs: [
      { name: 'channelID', type: 'bytes32', indexed: true },
      { name: 'version', type: 'uint64', indexed: false },
      { name: 'phase', type: 'uint8', indexed: false },
      { name: 'timeout', type: 'uint64', indexed: false },
    ],
  },
] as const

/** First four bytes of a call, per function. */
export const v1Selectors = {
  register: '0xe9aa7e02',
  progress: '0x4c8a2c90',
  conclude: '0xe7c01d05',
  concludeFinal: '0x75a87223',
  channelID: '0xdb77bb27',
  hashState: '0x7a114d3d',
  disputes: '0x11be1997',
} as const

/** First topic of `ChannelUpdate`; the same in every generation. */
export const channelUpdateTopic = '0x895ef5a5fc3efd313a300b006d6ce97ff0670dfe04f6eea90417edf924fa786b'
