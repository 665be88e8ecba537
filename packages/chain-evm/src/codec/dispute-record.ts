import { type Hex, type OnChainRecord, parseStateHash, WatcherError } from '@perun-watcher/core'
import { AbiReader, Undecodable } from './abi-reader.ts'
import type { AbiField } from './abi-type.ts'
import { newBudget } from './call-reader.ts'
import { phaseFromNumber } from './phase.ts'

const zeroHash = `0x${'00'.repeat(32)}`

/**
 * The answer of `disputes`, whose fields every generation names alike but orders differently. A channel that was never
 * registered has the state hash zero.
 *
 * @returns `undefined` where the channel was never registered.
 * @throws WatcherError `CHAIN_DATA_INVALID` for anything that the contract cannot answer.
 */
export function readDisputeRecord(
  answer: Hex,
  fields: readonly AbiField[],
  blockNumber: bigint,
): OnChainRecord | undefined {
  const { version, timeout, phase: phaseNumber, stateHash } = readFields(answer, fields)
  if (stateHash === zeroHash) return undefined
  const phase = phaseFromNumber(Number(phaseNumber))
  if (phase === undefined) throw invalid(`Phase ${String(phaseNumber)} is unknown.`)
  if (typeof version !== 'bigint' || typeof timeout !== 'bigint') throw invalid('A field is missing.')
  return { version, phase, timeout, stateHash: parseStateHash(stateHash), blockNumber }
}

function readFields(answer: Hex, fields: readonly AbiField[]): Readonly<Record<string, unknown>> {
  const digits = 64 * fields.length
  const bytes = Buffer.from(answer.slice(2), 'hex')
  if (answer.length !== 2 + digits || bytes.length !== digits / 2) {
    throw invalid(`Got ${(answer.length - 2) / 2} bytes, expected ${digits / 2}.`)
  }
  try {
    return new AbiReader(bytes, newBudget()).tuple(fields, 0)
  } catch (cause) {
    if (cause instanceof Undecodable) throw invalid(`A field is no valid value: ${cause.message}.`)
    throw cause
  }
}

function invalid(detail: string): WatcherError {
  return new WatcherError('CHAIN_DATA_INVALID', 'The answer to disputes() is none that an adjudicator gives.', {
    details: [detail],
  })
}
