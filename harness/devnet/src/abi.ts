import { type ParseAbi, parseAbi } from 'viem'

// Written by hand, so that viem infers types without a build; a test holds them against what the compiler says.

const structs = [
  'struct Participant { address ethAddress; bytes ccAddress; }',
  'struct Params { uint256 challengeDuration; uint256 nonce; Participant[] participants; address app; bool ledgerChannel; bool virtualChannel; }',
  'struct Asset { uint256 chainID; address ethHolder; bytes ccHolder; }',
  'struct SubAlloc { bytes32 ID; uint256[] balances; uint16[] indexMap; }',
  'struct Allocation { Asset[] assets; uint256[] backends; uint256[][] balances; SubAlloc[] locked; }',
  'struct State { bytes32 channelID; uint64 version; Allocation outcome; bytes appData; bool isFinal; }',
  'struct SignedState { Params params; State state; bytes[] sigs; }',
  'struct WithdrawalAuth { bytes32 channelID; Participant participant; address receiver; uint256 amount; }',
] as const

const adjudicator = [
  'function register(SignedState channel, SignedState[] subChannels)',
  'function progress(Params params, State stateOld, State state, uint256 actorIdx, bytes sig)',
  'function conclude(Params params, State state, State[] subStates)',
  'function concludeFinal(Params params, State state, bytes[] sigs)',
  'function channelID(Params params) pure returns (bytes32)',
  'function hashState(State state) pure returns (bytes32)',
  'function disputes(bytes32) view returns (uint64 timeout, uint64 challengeDuration, uint64 version, uint8 phase, bytes32 stateHash, bool hasApp)',
  'event ChannelUpdate(bytes32 indexed channelID, uint64 version, uint8 phase, uint64 timeout)',
] as const

const anyHolder = [
  'function adjudicator() view returns (address)',
  'function holdings(bytes32) view returns (uint256)',
  'function settled(bytes32) view returns (bool)',
  'function deposit(bytes32 fundingID, uint256 amount) payable',
  'function setOutcome(bytes32 channelID, Participant[] parts, uint256[] newBals)',
  'function withdraw(WithdrawalAuth authorization, bytes signature)',
  'event OutcomeSet(bytes32 indexed channelID)',
  'event Deposited(bytes32 indexed fundingID, uint256 amount)',
  'event Withdrawn(bytes32 indexed fundingID, uint256 amount, address receiver)',
] as const

const assetHolder = ['constructor(address _adjudicator)', ...anyHolder] as const

const tokenHolder = [
  'constructor(address _adjudicator, address _token)',
  'function token() view returns (address)',
  ...anyHolder,
] as const

const token = [
  'constructor(address[] accounts, uint256 initBalance)',
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function transfer(address recipient, uint256 amount) returns (bool)',
  'function transferFrom(address sender, address recipient, uint256 amount) returns (bool)',
  'function approve(address spender, uint256 amount) returns (bool)',
  'function increaseAllowance(address spender, uint256 addedValue) returns (bool)',
  'function decreaseAllowance(address spender, uint256 subtractedValue) returns (bool)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event Approval(address indexed owner, address indexed spender, uint256 value)',
] as const

const app = ['function validTransition(Params params, State from, State to, uint256 actorIdx) pure'] as const

const relay = [
  'function relay(address target, bytes data) payable returns (bytes)',
  'function multi(address[] targets, bytes[] data)',
  'function arm(address target, bytes data)',
  'receive() external payable',
  'fallback() external payable',
] as const

/** Perun's adjudicator of generation v1. */
export const adjudicatorAbi: ParseAbi<readonly [...typeof structs, ...typeof adjudicator]> = parseAbi([
  ...structs,
  ...adjudicator,
])

/** The keeper of a chain's ether. */
export const assetHolderAbi: ParseAbi<readonly [...typeof structs, ...typeof assetHolder]> = parseAbi([
  ...structs,
  ...assetHolder,
])

/** The keeper of a token; whatever has no token of its own to do with is the same as of ether. */
export const tokenHolderAbi: ParseAbi<readonly [...typeof structs, ...typeof tokenHolder]> = parseAbi([
  ...structs,
  ...tokenHolder,
])

/** Perun's ERC-20 token. */
export const tokenAbi: ParseAbi<typeof token> = parseAbi(token)

/** What an app channel's app answers. */
export const appAbi: ParseAbi<readonly [...typeof structs, ...typeof app]> = parseAbi([...structs, ...app])

/** The contract that calls others on a cheater's behalf. */
export const relayAbi: ParseAbi<typeof relay> = parseAbi(relay)
