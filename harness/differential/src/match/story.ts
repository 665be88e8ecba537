import type { Params, State } from '@perun-watcher/core'
import type { Call } from '../calls/call.ts'
import type { Family } from '../draw/family.ts'
import type { Match } from '../draw/sequence.ts'
import type { Answer } from '../sides/answers.ts'
import { type Side, start } from '../sides/side.ts'

/** Tells a match that not all sides agree about, so that people can follow it and run it again. */
export function storyOf(
  seed: string,
  { number, family, calls }: Match,
  sides: readonly Side[],
  answers: readonly (readonly Answer[])[],
): string {
  const lines = calls.flatMap(({ at, call }, index) => {
    const given = answers[index] ?? []
    const isSame = new Set(given.map((answer) => JSON.stringify(answer))).size <= 1
    const heading = `${isSame ? ' ' : '!'} at ${at - start}: ${callText(call, family)}`
    if (isSame) return [heading, `    all: ${given[0]?.reason}`]
    return [heading, ...sides.flatMap(({ name }, at) => answerText(name, given[at]))]
  })
  return [
    `There are different answers to sequence ${number} of seed ${seed}. What is left after leaving out calls:`,
    ...family.channels.map(({ name, id, params }) => `  ${name} = ${id}, ${json(params)}`),
    ...lines,
    `Again: pnpm differential --seed ${seed} --only ${number}`,
  ].join('\n')
}

function answerText(who: string, answer: Answer | undefined): readonly string[] {
  const all = [...(answer?.updates ?? []).map((text) => `log ${text}`), ...(answer?.records ?? [])]
  return [`    ${who}: ${answer?.reason}`, ...all.map((line) => `      ${line}`)]
}

function callText(call: Call, family: Family): string {
  const text = (state: State, params?: Params, sigs?: readonly string[]): string => {
    const channel = family.channels.find(({ id }) => id === state.channelId)
    const own = params === undefined || params === channel?.params ? '' : ` with params ${json(params)}`
    return `\n    ${channel?.name ?? 'stranger'} ${json(state)}${own}${sigs === undefined ? '' : ` signed ${json(sigs)}`}`
  }
  switch (call.name) {
    case 'register': {
      const all = [call.channel, ...call.subChannels]
      return call.name + all.map(({ params, state, sigs }) => text(state, params, sigs)).join('')
    }
    case 'progress': {
      const { params, stateOld, state, actorIdx, sig } = call.move
      return `${call.name} by ${actorIdx}${text(stateOld)}${text(state, params, [sig])}`
    }
    case 'conclude':
      return call.name + text(call.channel.state, call.channel.params) + call.subStates.map((sub) => text(sub)).join('')
    case 'concludeFinal':
      return call.name + text(call.channel.state, call.channel.params, call.channel.sigs)
    case 'deposit':
    case 'setOutcome':
    case 'withdraw':
      return json(call)
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
}
