import { type Child, startChild } from '@perun-watcher/harness-kit/child'
import { dice } from '@perun-watcher/harness-kit/dice'
import { type AttackName, attackNames } from './attack-names.ts'
import type { HostileAnswer, HostileCommand, HostileSettings } from './protocol.ts'

/** Her process, in which all attacks are made again and again, at the same time. */
export interface Mallory extends AsyncDisposable {
  /** By attack: what was sent so far. */
  readonly sent: Readonly<Record<string, number>>
  /** How often each attack was made at least. */
  readonly rounds: number
  /** Why her process could not go on. */
  readonly failure: unknown
}

/** @param seed decides what each round of each attack sends. */
export function startMallory(program: string, settings: HostileSettings, seed: number): Mallory {
  const child: Child<HostileSettings, HostileCommand, HostileAnswer> = startChild(program)
  const sent: Record<string, number> = {}
  const rounds = new Map(attackNames.map((name) => [name, 0]))
  let isOver = false
  let failure: unknown

  async function repeat(type: AttackName): Promise<void> {
    const own = dice(seed).fork(type)
    while (!isOver) {
      const answer = await child.ask({ type, seed: own.int(0, 2 ** 31) })
      sent[type] = (sent[type] ?? 0) + answer.sent
      rounds.set(type, (rounds.get(type) ?? 0) + 1)
    }
  }

  async function attack(): Promise<void> {
    await child.ready
    await Promise.all(attackNames.map(repeat))
  }

  child.begin(settings)
  const attacking = attack().catch((error: unknown) => {
    if (!isOver) failure = error
  })
  return {
    sent,
    get rounds() {
      return Math.min(...rounds.values())
    },
    get failure() {
      return failure
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      child.kill()
      await child.ended
      await attacking
    },
  }
}
