import { signedStateFromAbi, transactionFromAbi } from '@perun-watcher/chain-evm'
import { type AdjudicatorEvent, isWatcherError, memoryStore, type StatesPub, type Watch } from '@perun-watcher/core'
import { assertNever, toError } from '@perun-watcher/core/adapter'
import type { OpenedChain } from '@perun-watcher/daemon/internal'
import { startLocalWatcher } from '@perun-watcher/transport-local'
import type { Hex } from 'viem'
import { stateAt } from './agreed.ts'
import type { Board } from './board.ts'
import { DemoError } from './demo-error.ts'
import type { Agreed, Telling, WrongTelling } from './model.ts'

/** The demo's watcher, seen by the client whose channels it guards. */
export interface Guard extends AsyncDisposable {
  tell(scenario: string, telling: Telling): Promise<void>
  /** Tells something wrong and reports what the watcher says to it. */
  lie(scenario: string, agreed: Agreed, wrong: WrongTelling): Promise<void>
  /** Whether the watcher told that this version is registered. */
  hasSeen(id: Hex, version: bigint): boolean
  /** Whether the watcher told that it put this version in the place of an older one. */
  hasRefuted(id: Hex, version: bigint): boolean
}

/** Disputes that do not end by themselves are given up after this time, or at once where the demo was interrupted. */
const shutdownMs = 2_000

export async function startGuard(chain: OpenedChain, { emit }: Board, signal: AbortSignal): Promise<Guard> {
  const watcher = await startLocalWatcher({ chain: chain.backend, store: memoryStore(), signal })
  const publishers = new Map<Hex, StatesPub>()
  const told = new Set<string>()
  const listening: Promise<void>[] = []

  async function listen(scenario: string, { label, channel }: Agreed, { eventsSub }: Watch): Promise<void> {
    for await (const event of eventsSub) {
      if (event.type === 'registered' || event.type === 'refuted') told.add(key(event.type, channel.id, event.version))
      emit(reportOf({ scenario, channel: label }, event, channel.params.challengeDuration))
    }
  }

  function publisherOf({ channel, label }: Agreed): StatesPub {
    const publisher = publishers.get(channel.id)
    if (publisher !== undefined) return publisher
    throw new DemoError('DEMO_SCRIPT', `Nobody watches the channel "${label}".`, 'Watch it before publishing to it.')
  }

  async function tellNow(scenario: string, telling: Telling): Promise<void> {
    const { agreed, version } = telling
    const signed = stateAt(agreed, version)
    if (telling.type === 'publish') {
      await publisherOf(agreed).publish(transactionFromAbi(signed), { signal })
      return
    }
    const parent = telling.parent?.channel.id
    const watch = await watcher.startWatching(signedStateFromAbi(signed), { parent, signal })
    publishers.set(agreed.channel.id, watch.statesPub)
    listening.push(listen(scenario, agreed, watch))
  }

  return {
    async tell(scenario, telling) {
      await tellNow(scenario, telling)
      emit({ type: 'told', scenario, channel: telling.agreed.label, version: telling.version, how: telling.type })
    },
    async lie(scenario, agreed, { attempt, code: expected, tell }) {
      const publisher = publisherOf(agreed)
      const answer = await tell({ watcher, publish: (tx) => publisher.publish(tx, { signal }) }).then(
        () => ({ code: undefined, message: 'accepted' }),
        (error: unknown) => {
          if (!isWatcherError(error)) throw error
          return { code: error.code, message: error.shortMessage }
        },
      )
      emit({ type: 'refused', scenario, attempt, expected, ...answer })
    },
    hasSeen: (id, version) => told.has(key('registered', id, version)),
    hasRefuted: (id, version) => told.has(key('refuted', id, version)),
    async [Symbol.asyncDispose]() {
      const bound = signal.aborted ? signal : AbortSignal.timeout(shutdownMs)
      await watcher.shutdown({ signal: bound }).catch((error: unknown) => {
        if (!bound.aborted) throw toError(error)
      })
      await Promise.all(listening)
    },
  }
}

function key(type: 'registered' | 'refuted', id: Hex, version: bigint): string {
  return `${type} ${id} ${version}`
}

function reportOf(
  of: { readonly scenario: string; readonly channel: string },
  event: AdjudicatorEvent,
  window: bigint,
): Parameters<Board['emit']>[0] {
  switch (event.type) {
    case 'refuted': {
      const { version, transactionHash, secondsLeft } = event
      return { type: 'refuted', ...of, version, transactionHash, secondsUsed: window - secondsLeft, window }
    }
    case 'endangered':
      return {
        type: 'heard',
        ...of,
        what: event.type,
        version: event.version,
        detail: `${event.reason}: ${event.detail}`,
      }
    case 'stateNeeded':
    case 'learned':
      return { type: 'heard', ...of, what: event.type, version: event.version, detail: '' }
    case 'removed':
      return { type: 'heard', ...of, what: event.type, version: event.fact.version, detail: event.fact.type }
    case 'registered':
    case 'progressed':
    case 'concluded':
      return { type: 'heard', ...of, what: event.type, version: event.version, detail: event.finality }
    default:
      return assertNever(event)
  }
}
