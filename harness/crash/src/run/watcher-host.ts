import { type Deferred, deferred, raceSignal } from '@perun-watcher/core/internal'
import { type Child, ChildEnded, type End, startChild } from '@perun-watcher/harness-kit/child'
import type { Answer, ChildSettings, Command } from '../protocol.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { KillPlan, KillPlans } from './kill-plans.ts'
import { Violation } from './verdict.ts'

type Life = Child<ChildSettings, Command, Answer>

/** One answer takes milliseconds in a life that lasts; on a busy machine lives are too short for some. */
const truceMs = 15_000
/** Longer than that is no answer, in peace. */
const patienceMs = 180_000

/** Lets the watcher live, die and live again. */
export interface WatcherHost extends AsyncDisposable {
  readonly kills: number
  /** Those that came while clients waited for an answer. */
  readonly killsUnderLoad: number
  /** Milliseconds from each start of the process to an engine that takes calls. */
  readonly startMs: readonly number[]
  /**
   * Asks until there is an answer, through as many lives as it takes. Where that takes long, kills pause until there is one:
   * a slow machine must not pass for a watcher that does not answer.
   *
   * @throws Refused, Violation `unanswered`
   */
  ask(command: Command): Promise<Answer>
  /** Resolves when the watcher dies next, or at once where nobody kills it for now. */
  nextDeath(): Promise<void>
  /** How often kills paused. */
  readonly truces: number
  /** No more kills until it is lifted; one that is under way already may still come. */
  truce(): Disposable
  /** Lets the watcher end in good order. */
  shutDown(): Promise<void>
}

export interface HostOptions {
  readonly script: string
  readonly settings: Omit<ChildSettings, 'failpoint'>
  readonly plans: KillPlans
  /** So many kills, then none. */
  readonly mostKills: number
  readonly acknowledgements: Acknowledgements
  readonly fail: (violation: Violation) => void
  readonly signal: AbortSignal
}

export function watcherHost(options: HostOptions): WatcherHost {
  const { script, settings, plans, mostKills, acknowledgements, fail, signal } = options
  const startMs: number[] = []
  let kills = 0
  let killsUnderLoad = 0
  let trucesHeld = 0
  let truces = 0
  let isClosing = false
  let child: Life | undefined
  /** Loading a program takes longer than everything else of a start, and nothing that it does can be interrupted. */
  let spare: Life | undefined
  let up: Deferred<Life> = deferred()
  let death = deferred()
  let timer: NodeJS.Timeout | undefined

  function nextSpare(): Life {
    return startChild(script, { onNotice: (text) => fail(new Violation('damaged', text)) })
  }

  /** Who waits for a life keeps waiting; who had one that is over waits for the next. */
  function endTurn(turn: Deferred<Life> | undefined): void {
    if (up === turn) up = deferred()
  }

  function killIn(ms: number, victim: Life): void {
    clearTimeout(timer)
    timer = setTimeout(() => victim.kill(), ms)
  }

  /** Before anybody publishes again, which would hide that something is missing. */
  async function checkMemory(born: Life): Promise<void> {
    const missing = acknowledgements.check()
    const { held = [] } = await born.ask({ type: 'held', ids: acknowledgements.ids })
    const lost = missing(held)
    if (lost.length > 0) fail(new Violation('lost', `after kill ${kills}: ${lost.join('; ')}`, lost.length))
  }

  async function live(plan: KillPlan | undefined): Promise<void> {
    const started = performance.now()
    const born = spare ?? nextSpare()
    spare = undefined
    let turn: Deferred<Life> | undefined
    child = born
    born.begin({ ...settings, failpoint: plan?.failpoint })
    if (plan?.from === 'start') killIn(plan.ms, born)
    try {
      await born.ready
      startMs.push(performance.now() - started)
      if (plan?.from === 'ready' && trucesHeld === 0) killIn(plan.ms, born)
      await checkMemory(born)
      if (!isClosing && !signal.aborted) spare = nextSpare()
      turn = up
      turn.resolve(born)
    } catch (error) {
      if (!(error instanceof ChildEnded)) throw error
    }
    const end = await born.ended
    clearTimeout(timer)
    endTurn(turn)
    child = undefined
    account(end, plan)
  }

  function account(end: End, plan: KillPlan | undefined): void {
    if (isClosing || signal.aborted) return
    if (end.signal !== 'SIGKILL') {
      fail(new Violation('ended', `by itself, with ${end.signal ?? end.code}: ${end.complaint}`))
      return
    }
    kills += 1
    death.resolve()
    death = deferred()
    if (end.unanswered > 0) killsUnderLoad += 1
    if (end.isByItself && plan?.failpoint !== undefined) plans.hit(plan.failpoint.name)
  }

  async function liveOn(): Promise<void> {
    while (!isClosing && !signal.aborted) {
      await live(trucesHeld > 0 || kills >= mostKills ? undefined : plans.next())
    }
  }

  async function askOn(command: Command): Promise<Answer> {
    for (;;) {
      const turn = up
      const living = await raceSignal(turn.promise, signal)
      try {
        return await living.ask(command)
      } catch (error) {
        if (!(error instanceof ChildEnded)) throw error
        await living.ended
        endTurn(turn)
      }
    }
  }

  function truce(): Disposable {
    truces += 1
    trucesHeld += 1
    clearTimeout(timer)
    return {
      [Symbol.dispose]() {
        trucesHeld -= 1
        // The life that was spared, or began without a plan.
        if (trucesHeld === 0 && kills < mostKills && child !== undefined) killIn(plans.next().ms, child)
      },
    }
  }

  const living = liveOn().catch((error: unknown) => {
    fail(error instanceof Violation ? error : new Violation('ended', String(error)))
  })
  const killAll = (): void => {
    child?.kill()
    spare?.kill()
  }
  // Whoever still waits for a life is told that there is none.
  signal.addEventListener('abort', killAll, { once: true })

  return {
    get kills() {
      return kills
    },
    get killsUnderLoad() {
      return killsUnderLoad
    },
    get truces() {
      return truces
    },
    startMs,
    async ask(command) {
      const limit = new AbortController()
      const stuck = new Violation('unanswered', `${command.type} is not answered`)
      let peace: Disposable | undefined
      const truceTimer = setTimeout(() => {
        peace = truce()
      }, truceMs)
      const timer = setTimeout(() => limit.abort(stuck), patienceMs)
      try {
        return await raceSignal(askOn(command), AbortSignal.any([limit.signal, signal]))
      } catch (error) {
        if (error === stuck) fail(stuck)
        throw error
      } finally {
        clearTimeout(timer)
        clearTimeout(truceTimer)
        peace?.[Symbol.dispose]()
      }
    },
    async nextDeath() {
      if (trucesHeld === 0 && kills < mostKills) await raceSignal(death.promise, signal)
    },
    truce,
    async shutDown() {
      const last = await raceSignal(up.promise, signal)
      isClosing = true
      await last.ask({ type: 'shutdown' })
      const { code, signal: by, complaint } = await raceSignal(last.ended, signal)
      if (code !== 0) fail(new Violation('ended', `the shutdown ended with ${by ?? code}: ${complaint}`))
    },
    async [Symbol.asyncDispose]() {
      isClosing = true
      clearTimeout(timer)
      killAll()
      await living
      // One that was started at the last moment.
      spare?.kill()
      await spare?.ended
    },
  }
}
