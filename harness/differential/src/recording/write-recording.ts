import { writeFile } from 'node:fs/promises'
import { paramsToAbi, stateToAbi } from '@perun-watcher/chain-evm/internal'
import type { Params, SignedState, State } from '@perun-watcher/core'
import type { Call, TimedCall } from '../calls/call.ts'
import { start } from '../sides/side.ts'
import { type RecordedSequence, type Recording, recordingFile } from './recording.ts'

/** Writes parameters and states once each, and everything else by their numbers. */
export async function writeRecording({ source, sequences }: Recording): Promise<void> {
  const params = numbered<Params>((one) => json(paramsToAbi(one)))
  const states = numbered<State>((one) => json(stateToAbi(one)))
  const told = sequences.map((sequence) => sequenceText(sequence, params.numberOf, states.numberOf))
  const text = [
    `{"source":${json(source)},`,
    `"params":[\n${params.texts.join(',\n')}\n],`,
    `"states":[\n${states.texts.join(',\n')}\n],`,
    `"sequences":[\n${told.join(',\n')}\n]}\n`,
  ]
  await writeFile(recordingFile, text.join('\n'))
}

interface Numbered<T> {
  /** In the order of their numbers. */
  readonly texts: readonly string[]
  numberOf(item: T): number
}

function numbered<T>(textOf: (item: T) => string): Numbered<T> {
  const numbers = new Map<string, number>()
  const texts: string[] = []
  return {
    texts,
    numberOf(item) {
      const text = textOf(item)
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, texts.length)
      return texts.push(text) - 1
    },
  }
}

type NumberOf<T> = (item: T) => number

function sequenceText(
  { name, channels, calls, answers }: RecordedSequence,
  paramsNumber: NumberOf<Params>,
  stateNumber: NumberOf<State>,
): string {
  const named = channels.map((channel) => ({ name: channel.name, params: paramsNumber(channel.params) }))
  const signed = ({ params, state, sigs }: SignedState) => {
    return { params: paramsNumber(params), state: stateNumber(state), sigs }
  }

  function callJson(call: Call): object {
    switch (call.name) {
      case 'register':
        return { name: call.name, channel: signed(call.channel), subChannels: call.subChannels.map(signed) }
      case 'progress': {
        const { params, stateOld, state, actorIdx, sig } = call.move
        const [old, next] = [stateNumber(stateOld), stateNumber(state)]
        return { name: call.name, params: paramsNumber(params), stateOld: old, state: next, actorIdx, sig }
      }
      case 'conclude': {
        const { params, state } = call.channel
        const subStates = call.subStates.map(stateNumber)
        return { name: call.name, params: paramsNumber(params), state: stateNumber(state), subStates }
      }
      case 'concludeFinal':
        return { name: call.name, channel: signed(call.channel) }
      case 'deposit':
      case 'setOutcome':
      case 'withdraw':
        return call
    }
  }

  const steps = calls.map(({ at, call }: TimedCall, index) =>
    json({ at: Number(at - start), ...callJson(call), answer: answers[index] }),
  )
  return `{"name":${json(name)},"channels":${json(named)},"calls":[\n${steps.join(',\n')}\n]}`
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))
}
