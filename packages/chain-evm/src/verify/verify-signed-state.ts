import {
  type ChannelId,
  type HeldState,
  type Params,
  parseSignature,
  type Signature,
  type SignedState,
  type StateHash,
  WatcherError,
} from '@perun-watcher/core'
import type { Generation } from '../codec/generation.ts'
import { channelId, stateHashBytes, stateHashOf } from '../codec/hash.ts'
import { toHex } from '../codec/hex.ts'
import { keccak256 } from '../codec/keccak.ts'
import { v1 } from '../codec/v1.ts'
import { recoverKeys } from './inline-signer-recovery.ts'
import { readSignature, writeSignature } from './signature-form.ts'
import type { RecoveredKeys, SignatureQuestion } from './signature-question.ts'
import { type SignerRecoveryEngine, signerRecoveryEngine } from './signer-recovery-engine.ts'

const messageStart = '\x19Ethereum Signed Message:\n32'
/** What is signed: the start, and the hash of the state in question. */
const message = Buffer.alloc(messageStart.length + 32, messageStart, 'latin1')

/** Whether the contract takes a signature in this form. Says nothing about whose it is. */
export function isCanonicalSignature(signature: Signature): boolean {
  return readSignature(signature)?.canonical === true
}

/** What is known of a signed state before its signatures are checked. */
export interface SignedStateQuestions {
  readonly hash: StateHash
  /** One per participant, in their order. */
  readonly questions: readonly SignatureQuestion[]
}

/**
 * Checks a state as the adjudicator does before it registers it: the channel id is the hash of the parameters, there is
 * one signature per participant, and each is that participant's.
 *
 * More lenient than the contract in one point, since go-perun is: signatures with v 0 or 1 or with an s in the upper
 * half of the curve's order are accepted and come back in the form that the contract takes.
 *
 * @returns the same state with its hash, and with every signature in a form that the contract takes; those that were stay
 *   as they are.
 * @throws WatcherError `CHANNEL_ID_MISMATCH`, `SIGNATURE_COUNT`, `SIGNATURE_INVALID` (naming participant and address), or
 *   `STATE_MALFORMED` for an address that is not 20 bytes long.
 */
export function verifySignedState(
  signed: SignedState,
  generation: Generation = v1,
  engine: SignerRecoveryEngine = signerRecoveryEngine(),
): HeldState {
  const asked = questionsOf(signed, channelId(signed.params, generation), generation)
  return judgeKeys(signed, asked, recoverKeys(asked.questions, engine))
}

/**
 * What can be checked without recovering keys.
 *
 * @param id - the hash of the parameters
 * @throws WatcherError as {@link verifySignedState}, apart from `SIGNATURE_INVALID` for a signature by somebody else.
 */
export function questionsOf(
  { params, state, sigs }: SignedState,
  id: ChannelId,
  generation: Generation,
): SignedStateQuestions {
  if (id !== state.channelId) {
    throw new WatcherError('CHANNEL_ID_MISMATCH', 'The state belongs to another channel than the parameters.', {
      details: [`The state names ${state.channelId}.`, `The parameters hash to ${id}.`],
    })
  }
  if (sigs.length !== params.participants.length) {
    throw new WatcherError('SIGNATURE_COUNT', 'A state needs exactly one signature per participant.', {
      details: [`Got ${sigs.length} signatures for ${params.participants.length} participants.`],
    })
  }
  const hash = stateHashBytes(state, generation)
  const digest = digestOf(hash)
  const questions = sigs.map((signature, index) => {
    const parts = readSignature(signature)
    if (parts === undefined) {
      throw refusal(params, index, 'It has none of the forms that can be a signature (65 or 64 bytes, v 27 or 28).')
    }
    const { rs, yParity, canonical } = parts
    return { digest, rs, yParity, canonical }
  })
  return { hash: stateHashOf(hash), questions }
}

/**
 * @param keys - the public key that made each signature, 64 bytes; `undefined` where none can have made it
 * @throws WatcherError `SIGNATURE_INVALID`
 */
export function judgeKeys(
  { params, state, sigs }: SignedState,
  { hash, questions }: SignedStateQuestions,
  keys: RecoveredKeys,
): HeldState {
  const checked = sigs.map((signature, index) => {
    const [key, question] = [keys[index], questions[index]]
    if (key === undefined || question === undefined) throw refusal(params, index, 'No key can have made it.')
    const signer = addressOf(key)
    if (signer !== params.participants[index]?.address) {
      throw refusal(params, index, `It is one of ${signer}, or of another state.`)
    }
    return question.canonical ? signature : parseSignature(writeSignature(question))
  })
  return { state, sigs: checked, hash }
}

function refusal({ participants }: Params, index: number, reason: string): WatcherError {
  return new WatcherError('SIGNATURE_INVALID', `The signature of participant ${index} is not valid.`, {
    details: [`Participant ${index} is ${participants[index]?.address ?? 'missing'}.`, reason],
  })
}

/** Of what `personal_sign` makes of the hash. */
function digestOf(hash: Uint8Array): Uint8Array {
  message.set(hash, messageStart.length)
  return keccak256(message)
}

/** @param publicKey - 64 bytes */
function addressOf(publicKey: Uint8Array): string {
  return `0x${toHex(keccak256(publicKey)).slice(-40)}`
}
