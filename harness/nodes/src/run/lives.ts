import { type Bytes, parseBytes, type SignedState } from '@perun-watcher/core'
import type { Dice } from '@perun-watcher/harness-kit/dice'
import type { Scheduler } from '@perun-watcher/simulation/scheduler'
import { type Channel, channel } from '../parties/channel.ts'
import type { Notary } from '../truth/notary.ts'
import { every } from './every.ts'
import type { Plan } from './plan.ts'
import { isCapacityTheme } from './themes.ts'

const holder = parseBytes(`0x${'55'.repeat(20)}`)
/** Pays nobody in a block, and uses up all gas. */
export const burningHolder: Bytes = parseBytes(`0x${'b5'.repeat(20)}`)

export interface Channels {
  /** Of honest clients. */
  readonly guarded: readonly Channel[]
  /** Of a client that wants the others' transactions to come too late. */
  readonly floods: readonly Channel[]
  /** Of nobody that the watcher knows. */
  readonly strangers: readonly Channel[]
}

/** Strangers register so many channels in one block. */
const strangersAtOnce = 4
/** The windows of a flood end this much before those of the others, in seconds. */
const floodLeadSeconds = 24n

export function openChannels(notary: Notary, seed: number, plan: Plan): Channels {
  const { theme, durationSeconds } = plan
  function open(first: number, count: number, duration: bigint): readonly Channel[] {
    return Array.from({ length: count }, (_, index) =>
      channel(notary, {
        nonce: BigInt(seed) * 10_000n + BigInt(first + index),
        durationSeconds: duration,
        holder: theme === 'burningHolder' ? burningHolder : holder,
      }),
    )
  }
  return {
    guarded: open(0, plan.channels, durationSeconds),
    floods: open(1_000, plan.floods, durationSeconds - floodLeadSeconds),
    strangers: open(2_000, plan.strangers.length * strangersAtOnce, durationSeconds),
  }
}

export interface LivesDeps {
  readonly time: Scheduler
  readonly plan: Plan
  readonly dice: Dice
  readonly register: (signed: SignedState) => void
}

/** States are signed, and at some time old ones are registered. */
export function liveOn({ guarded, floods, strangers }: Channels, deps: LivesDeps): void {
  for (const [index, each] of guarded.entries()) live(each, { ...deps, dice: deps.dice.fork(`guarded ${index}`) })
  for (const each of floods) flood(each, deps)
  for (const [index, atMs] of deps.plan.strangers.entries()) {
    deps.time.after(atMs, () => {
      for (const each of strangers.slice(index * strangersAtOnce, (index + 1) * strangersAtOnce))
        deps.register(each.newest)
    })
  }
}

function live(own: Channel, { time, plan, dice, register }: LivesDeps): void {
  const { cheating, tempo, theme } = plan
  const updates = dice.int(1, 5)
  for (let count = 1; count <= updates; count++) {
    const isFinal = theme === 'burningHolder' && count === updates
    time.after(1_000 + Math.floor((30_000 * count) / updates), () => void own.update(isFinal))
  }
  if (theme === 'busyPublisher') {
    every(time, tempo.blockMs, () => void (time.now > 40_000 && time.now < cheating.untilMs && own.update()))
  }
  const cheatAtMs = dice.int(cheating.fromMs, cheating.untilMs)
  time.after(cheatAtMs, () => {
    const old = own.states[dice.int(0, Math.max(0, own.states.length - 2))]
    if (old !== undefined) register(old)
  })
  if (isCapacityTheme(theme) || !dice.chance(0.2)) return
  time.after(cheatAtMs + dice.int(1, 60_000), () => {
    const old = own.states.at(-2)
    if (old !== undefined) register(old)
  })
}

/** Cheats a little earlier than the others, and publishes a new state for every block. */
function flood(own: Channel, { time, plan, register }: LivesDeps): void {
  const { cheating, tempo } = plan
  own.update()
  every(
    time,
    tempo.blockMs,
    () => void (time.now > cheating.fromMs - 30_000 && time.now < plan.endMs - 60_000 && own.update()),
  )
  time.after(cheating.fromMs - 20_000, () => {
    const [first] = own.states
    if (first !== undefined) register(first)
  })
}
