/**
 * A private Ethereum chain with Perun's contracts on it, and actors who open channels on it and cheat.
 *
 * @packageDocumentation
 */
export { adjudicatorAbi, appAbi, assetHolderAbi, relayAbi, tokenAbi } from './abi.ts'
export {
  type Actor,
  type Conclude,
  createActor,
  type DepositOptions,
  type Progress,
  registerInput,
  type Withdraw,
} from './actor.ts'
export {
  type Anvil,
  type AnvilOptions,
  type MineOptions,
  type ReorgOptions,
  type ReorgTransaction,
  startAnvil,
} from './anvil.ts'
export type { ContractName } from './artifacts.ts'
export { etherOf, tokenOf } from './assets.ts'
export { type Channel, type ChannelOptions, openChannel, type StateChanges } from './channel.ts'
export { addressOf, channelId, encodeState, fundingId, signState, signWithdrawal, stateHash } from './codec.ts'
export { type Contracts, type Devnet, type DevnetOptions, startDevnet, tokensPerAccount } from './devnet.ts'
export { DevnetError, type DevnetErrorCode } from './errors.ts'
export { type Json, parseJson } from './json.ts'
export { devKey } from './keys.ts'
export { type LockOptions, lock, subAlloc } from './lock.ts'
export {
  type Allocation,
  type Asset,
  NO_APP,
  NO_CC,
  type Params,
  type Participant,
  Phase,
  type SignedState,
  type State,
  type SubAlloc,
  type WithdrawalAuth,
} from './model.ts'
export { readParams, readState } from './model-json.ts'
export {
  type ChannelUpdate,
  type ChannelUpdateFilter,
  type Dispute,
  readChannelUpdates,
  readDispute,
  readHoldings,
  readSettled,
  readTokens,
} from './reads.ts'
export { decodeRevert } from './revert.ts'
export {
  type Call,
  type Send,
  type SendOptions,
  type Sent,
  TransactionReverted,
  type WaitOptions,
} from './transactions.ts'
export {
  type Expectation,
  type ExpectedUpdate,
  loadVectors,
  type Scenario,
  type SignatureCase,
  type StateHash,
  type Step,
  type StepCall,
  type Vectors,
} from './vectors.ts'
