import type { Params, State } from '@perun-watcher/core'
import type { Answer } from './answers.ts'
import type { Call } from './apply-call.ts'
import type { Family } from './family.ts'
import type { Match } from './sequence.ts'

/** Tells a match that model and contract do not agree about, so that people can follow it and run it again. */
export function storyOf(
  seed: string,
  { number, family, calls }: Match,
  answers: readonly (readonly [model: Answer, contract: Answer])[],
  start: bigint,
): string {
  const lines = calls.flatMap(({ at, call }, index) => {
    const [model, contract] = answers[index] ?? []
    const same = JSON.stringify(model) === JSON.stringify(contract)
    const heading = `${same ? ' ' : '!'} at ${at - start}: ${callText(call, family)}`
    return same
      ? [heading, `    both: ${model?.reason}`]
      : [heading, ...answerText('model', model), ...answerText('contract', contract)]
  })
  return [
    `The model and the contract disagree about sequence ${number} of seed ${seed}. What is left after leaving out calls:`,
    ...family.channels.map(({ name, id, params }) => `  ${name} = ${id}, ${json(params)}`),
    ...lines,
    `Again: DIFFERENTIAL_SEED=${seed} DIFFERENTIAL_ONLY=${number} pnpm vitest run harness/simulation/test/model/differential`,
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
  }
}

function json(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item))
}
