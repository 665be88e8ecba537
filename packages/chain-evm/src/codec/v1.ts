import { hasCode, parseSignature, type SignedState } from '@perun-watcher/core'
import { compileAbi, compileType } from './abi-type.ts'
import { field, uint256 } from './abi-values.ts'
import { abiWriter } from './abi-writer.ts'
import { isCallOf, newBudget, readArguments, readOneAndMore } from './call-reader.ts'
import { readDisputeRecord } from './dispute-record.ts'
import { paramsFromAbi, signedStateFromAbi, stateFromAbi } from './from-abi.ts'
import type { Generation, Progress } from './generation.ts'
import { callData } from './hex.ts'
import { paramsToAbi, signedStateToAbi, stateToAbi } from './to-abi.ts'
import { v1Selectors as selectors, v1Types as types } from './v1-abi.ts'

const concludeFinalFields = compileAbi(types.concludeFinal)
const progressFields = compileAbi(types.progress)
const disputesFields = compileAbi(types.disputesResult)
const channelIdWriter = abiWriter(compileAbi(types.channelId))
const hashStateWriter = abiWriter(compileAbi(types.hashState))
const registerWriter = abiWriter(compileAbi(types.register))
const concludeFinalWriter = abiWriter(concludeFinalFields)
const signedStateType = compileType(types.register[0])

/** perun-eth-contracts 1.0.0, bound by perun-eth-backend 0.6.0. */
export const v1: Generation = {
  name: 'v1',
  selectors,
  signedState: signedStateType,

  encodeParams: (params) => channelIdWriter.encode({ params: paramsToAbi(params) }),

  encodeState: (state) => hashStateWriter.encode({ state: stateToAbi(state) }),

  encodeRegister(channel, subChannels) {
    const values = { channel: signedStateToAbi(channel), subChannels: subChannels.map(signedStateToAbi) }
    return callData(selectors.register, registerWriter.encode(values))
  },

  encodeConcludeFinal(channel) {
    return callData(selectors.concludeFinal, concludeFinalWriter.encode(signedStateToAbi(channel)))
  },

  // Every field is a word of its own.
  disputesAnswer: {
    words: disputesFields.length,
    stateHashAt: disputesFields.findIndex(({ name }) => name === 'stateHash'),
  },

  encodeDisputes: (id) => `${selectors.disputes}${id.slice(2)}`,

  decodeDisputes: (answer, blockNumber) => readDisputeRecord(answer, disputesFields, blockNumber),

  decodeRegister(input, budget = newBudget()) {
    if (!isCallOf(input, selectors.register)) return undefined
    const values = readOneAndMore(input, signedStateType, countLocks, budget)
    return values?.map(toSignedState).filter((signed) => signed !== undefined)
  },

  decodeConcludeFinal(input, budget = newBudget()) {
    if (!isCallOf(input, selectors.concludeFinal)) return undefined
    const fields = readArguments(input, concludeFinalFields, budget)
    return fields && toSignedState(fields)
  },

  decodeProgress(input, budget = newBudget()) {
    if (!isCallOf(input, selectors.progress)) return undefined
    const fields = readArguments(input, progressFields, budget)
    return fields && wellFormed(() => toProgress(fields))
  },
}

/** How many entries the contract takes from the list for what a signed state locks. */
function countLocks(signed: unknown): number {
  const locked = field(field(field(signed, '', 'state'), 'state', 'outcome'), 'outcome', 'locked')
  return Array.isArray(locked) ? locked.length : 0
}

function toSignedState(value: unknown): SignedState | undefined {
  return wellFormed(() => signedStateFromAbi(value))
}

function toProgress(fields: Readonly<Record<string, unknown>>): Progress {
  return {
    params: paramsFromAbi(fields['params']),
    stateOld: stateFromAbi(fields['stateOld']),
    state: stateFromAbi(fields['state']),
    actorIndex: uint256(fields['actorIdx'], 'actorIdx'),
    sig: parseSignature(fields['sig'], 'sig'),
  }
}

/** Decodable is not yet acceptable: lists and bytes may be longer than core takes. */
function wellFormed<T>(convert: () => T): T | undefined {
  try {
    return convert()
  } catch (error) {
    if (hasCode(error, 'STATE_MALFORMED')) return undefined
    throw error
  }
}
