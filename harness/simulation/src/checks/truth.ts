import type { AdjudicatorEvent, ChainFact, Refuted } from '@perun-watcher/core'
import type { LedgerBlock } from '../world/ledger.ts'
import { short } from '../world/trace.ts'
import type { RunOutcome } from './outcome.ts'

const phases = { registered: 'dispute', progressed: 'forceExec', concluded: 'concluded' } as const

/** What clients are told has happened: on the chain, at least for a while, and by whom it says. */
export function checkTruth({ households, ledger, madeUp }: RunOutcome): readonly string[] {
  const events = households.flatMap(({ clients }) =>
    clients.flatMap(({ hearings }) => hearings.flatMap(({ heard }) => heard.events.map(({ event }) => event))),
  )
  const untrue = [...new Set(events)].filter((event) => {
    switch (event.type) {
      case 'registered':
      case 'progressed':
      case 'concluded':
        return !hasHappened(event, ledger.heads)
      case 'refuted':
        return !madeUp.has(event.transactionHash) && !isOurDoing(event, ledger.heads)
      default:
        return false
    }
  })
  return untrue.map((event) => `${short(event.channelId)} was told ${nameOf(event)}, which is not true`)
}

function nameOf(event: AdjudicatorEvent): string {
  return 'version' in event ? `${event.type} ${event.version}` : event.type
}

function hasHappened({ type, channelId, version, transactionHash }: ChainFact, heads: readonly LedgerBlock[]): boolean {
  const phase = phases[type]
  return heads.some(({ logs, disputes }) => {
    if (transactionHash === undefined) {
      const record = disputes.get(channelId)
      return record?.version === version && record.phase === phase
    }
    return logs.some(
      (log) =>
        log.transactionHash === transactionHash &&
        log.channelId === channelId &&
        log.version === version &&
        log.phase === phase,
    )
  })
}

/** A transaction of the watcher's wrote exactly this record. */
function isOurDoing({ channelId, version, transactionHash }: Refuted, heads: readonly LedgerBlock[]): boolean {
  return heads.some(
    ({ logs, transactions }) =>
      transactions.some(({ hash, byWatcher }) => hash === transactionHash && byWatcher) &&
      logs.some(
        (log) => log.transactionHash === transactionHash && log.channelId === channelId && log.version === version,
      ),
  )
}
