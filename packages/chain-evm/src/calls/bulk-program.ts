import type { Hex } from '@perun-watcher/core'
import type { Address } from '../rpc/evm-client.ts'
import { assemble } from './assemble.ts'

/** A function of a contract that tells what it knows by an id of 32 bytes, such as `disputes` of the adjudicator. */
export interface Lookup {
  readonly contract: Address
  /** First four bytes of a call; the id is all that follows. */
  readonly selector: Hex
  /** How many words it answers, whatever it knows. */
  readonly words: number
  /** Which of them, from 0 on, is zero where there is nothing to tell. */
  readonly keyWord: number
}

/**
 * Code that looks up many ids in one call, without any contract of ours on the chain. It is handed ids, 32 bytes each and
 * nothing else, calls the contract for one after the other, and returns:
 *
 * - one word, how many of the ids it has looked at: it ends early rather than run out of gas or of room for the answer;
 * - for each of them of which there is anything to tell, in the order of the ids: the id, and the answer as it is.
 */
export interface BulkProgram {
  /** What to call. */
  readonly code: Hex
  /** The most ids that may be handed to it. */
  readonly mostIds: number
  /** The most ids that its answer can tell of. */
  readonly mostEntries: number
}

/** What the ids of a call are handed over in, and what bounds the answer. */
interface Form {
  /** Pushes 1 while the offset on top of the stack lies within the ids. */
  readonly isWithin: string
  /** Copies the id at the offset on top of the stack to where the contract is asked for it. */
  readonly load: string
  /** What one byte of the answer costs in the end. */
  readonly gasPerByte: number
  readonly mostAnswerBytes: number
}

/** In memory: the call of the contract, with the id behind four bytes of selector; then the answer, its count first. */
const idAt = 4
const callBytes = 36
const answerAt = 0x40

/** More than one look takes anywhere; below that the program ends. */
const gasForOneLook = 100_000

/** As many as fit into the 50 million gas that most nodes give a call, and into the 160 kB that most let a request have. */
const mostIdsByOverride = 5_000

/** For code in the place of an account's: the ids are its calldata. The answer is bounded by what a response may hold. */
const byOverride: Form = {
  isWithin: 'CALLDATASIZE DUP2 LT',
  load: `DUP1 CALLDATALOAD ${idAt} MSTORE`,
  gasPerByte: 0,
  mostAnswerBytes: 1 << 20,
}

/** Limits of EIP-3860 and EIP-170: of code that creates a contract, and of the contract. */
const mostInitCodeBytes = 49_152
const mostCreatedBytes = 24_576

/** For code that creates a contract: the ids stand behind it, and the answer takes the place of the contract's code. */
const byCreation: Form = {
  isWithin: 'CODESIZE DUP2 @ids ADD LT',
  load: `32 DUP2 @ids ADD ${idAt} CODECOPY`,
  gasPerByte: 200,
  mostAnswerBytes: mostCreatedBytes,
}

/** To be put in the place of an account's code by a state override; the ids are the calldata. */
export function overrideProgram(lookup: Lookup): BulkProgram {
  const code = assemble(loop(byOverride, lookup))
  return { code, mostIds: mostIdsByOverride, mostEntries: mostEntries(byOverride, lookup) }
}

/** To be executed as code that creates a contract; the ids follow it. */
export function creationProgram(lookup: Lookup): BulkProgram {
  // The place at the end is one byte of code; the ids stand there instead.
  const code: Hex = `0x${assemble(`${loop(byCreation, lookup)} ids:`).slice(2, -2)}`
  const mostIds = Math.floor((mostInitCodeBytes - codeBytes(code)) / 32)
  return { code, mostIds, mostEntries: mostEntries(byCreation, lookup) }
}

function codeBytes(code: Hex): number {
  return (code.length - 2) / 2
}

/** Bytes of one entry of an answer: its id, and what the contract says. */
export function entryBytes({ words }: Pick<Lookup, 'words'>): number {
  return 32 + 32 * words
}

function mostEntries({ mostAnswerBytes }: Form, lookup: Lookup): number {
  return Math.floor((mostAnswerBytes - 32) / entryBytes(lookup))
}

function loop(form: Form, { contract, selector, words, keyWord }: Lookup): string {
  const entry = entryBytes({ words })
  // On the stack stay, the top at the right: where the answer ends in memory, and the offset of the next id.
  return `
    0x${selector.slice(2).padEnd(64, '0')} 0 MSTORE
    ${answerAt + 32} 0                                      // end offset

  next:
    ${form.isWithin} ISZERO @done JUMPI

    // Enough gas for one more look, and for the answer?
    DUP2 ${form.gasPerByte} MUL ${gasForOneLook} ADD GAS LT @done JUMPI

    // Room for one more entry?
    ${answerAt + form.mostAnswerBytes - entry} DUP3 GT @done JUMPI

    // What is answered lands behind the place for the id, at the end of the answer.
    ${form.load}
    ${32 * words} DUP3 32 ADD ${callBytes} 0 ${contract} GAS STATICCALL ISZERO @done JUMPI
    ${32 * words} RETURNDATASIZE SUB @done JUMPI

    // Where there is nothing to tell, the next answer is written over this one.
    DUP2 ${32 + 32 * keyWord} ADD MLOAD ISZERO @skip JUMPI
    ${idAt} MLOAD DUP3 MSTORE
    SWAP1 ${entry} ADD SWAP1

  skip:
    32 ADD @next JUMP

  done:
    32 SWAP1 DIV ${answerAt} MSTORE                         // end
    ${answerAt} SWAP1 SUB ${answerAt} RETURN`
}
