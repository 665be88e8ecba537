import { readFile } from 'node:fs/promises'
import { channelId, paramsFromAbi, stateFromAbi } from '@perun-watcher/chain-evm/internal'
import {
  type Params,
  type Participant,
  parseBytes,
  parseChannelId,
  parseSignature,
  type SignedState,
  type State,
} from '@perun-watcher/core'
import { type Json, parseJson, readParams, readState } from '@perun-watcher/devnet'
import type { Call } from '../calls/call.ts'
import { start } from '../sides/side.ts'
import { type RecordedAnswer, type RecordedSequence, type Recording, recordingFile } from './recording.ts'

/** The recording that is in this repository. */
export async function readRecording(): Promise<Recording> {
  const json = parseJson(await readFile(recordingFile, 'utf8'), 'the recording')
  const params = json
    .at('params')
    .items()
    .map((item) => paramsFromAbi(readParams(item)))
  const states = json
    .at('states')
    .items()
    .map((item) => stateFromAbi(readState(item)))
  const reader = readerOf(params, states)
  return { source: json.at('source').text(), sequences: json.at('sequences').items().map(reader) }
}

function readerOf(allParams: readonly Params[], allStates: readonly State[]): (json: Json) => RecordedSequence {
  const paramsAt = (json: Json): Params => allParams[json.number()] ?? json.fail('the number of parameters')
  const stateAt = (json: Json): State => allStates[json.number()] ?? json.fail('the number of a state')

  const signedAt = (json: Json): SignedState => ({
    params: paramsAt(json.at('params')),
    state: stateAt(json.at('state')),
    sigs: json
      .at('sigs')
      .items()
      .map((sig) => parseSignature(sig.hex())),
  })

  function callAt(json: Json): Call {
    const name = json.at('name').text()
    switch (name) {
      case 'register':
        return {
          name,
          channel: signedAt(json.at('channel')),
          subChannels: json.at('subChannels').items().map(signedAt),
        }
      case 'progress': {
        const states = { stateOld: stateAt(json.at('stateOld')), state: stateAt(json.at('state')) }
        const who = { actorIdx: json.at('actorIdx').number(), sig: json.at('sig').hex() }
        return { name, move: { params: paramsAt(json.at('params')), ...states, ...who } }
      }
      case 'conclude': {
        const channel = { params: paramsAt(json.at('params')), state: stateAt(json.at('state')) }
        return { name, channel, subStates: json.at('subStates').items().map(stateAt) }
      }
      case 'concludeFinal':
        return { name, channel: signedAt(json.at('channel')) }
      default:
        return holderCallAt(name, json)
    }
  }

  return (json) => ({
    name: json.at('name').text(),
    channels: json
      .at('channels')
      .items()
      .map((channel) => {
        const params = paramsAt(channel.at('params'))
        return { name: channel.at('name').text(), id: channelId(params), params }
      }),
    calls: json
      .at('calls')
      .items()
      .map((call) => ({ at: start + BigInt(call.at('at').number()), call: callAt(call) })),
    answers: json
      .at('calls')
      .items()
      .map((call) => answerAt(call.at('answer'))),
  })
}

function holderCallAt(name: string, json: Json): Call {
  const common = { holder: parseBytes(json.at('holder').hex()), channelId: parseChannelId(json.at('channelId').hex()) }
  switch (name) {
    case 'deposit': {
      const amounts = { amount: json.at('amount').bigint(), value: json.at('value').bigint() }
      return { name, ...common, participant: participantAt(json.at('participant')), ...amounts }
    }
    case 'setOutcome': {
      const participants = json.at('participants').items().map(participantAt)
      const balances = json.at('balances').items()
      return { name, ...common, participants, balances: balances.map((amount) => amount.bigint()) }
    }
    case 'withdraw':
      return {
        name,
        ...common,
        participant: participantAt(json.at('participant')),
        receiver: parseBytes(json.at('receiver').hex()),
        amount: json.at('amount').bigint(),
        signature: json.at('signature').hex(),
        signer: json.has('signer') ? parseBytes(json.at('signer').hex()) : undefined,
      }
    default:
      return json.fail('a call')
  }
}

function participantAt(json: Json): Participant {
  const crossChainAddress = parseBytes(json.at('crossChainAddress').hex())
  return { address: parseBytes(json.at('address').hex()), crossChainAddress }
}

function answerAt(json: Json): RecordedAnswer {
  const texts = (key: string): readonly string[] =>
    json
      .at(key)
      .items()
      .map((item) => item.text())
  return { reason: json.at('reason').text(), updates: texts('updates'), changed: texts('changed') }
}
