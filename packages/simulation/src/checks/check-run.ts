import type { ChannelId, SignedState, Store } from '@perun-watcher/core'
import type { Client } from '../parties/client.ts'
import type { Channel } from '../parties/families.ts'
import type { Ledger } from '../world/ledger.ts'
import type { Uptime } from '../world/timeline.ts'
import { millisecondsOf } from '../world/timeline.ts'
import { short } from '../world/trace.ts'
import type { Weather } from '../world/weather.ts'
import { hadFairChance } from './fairness.ts'

export interface RunOutcome {
  readonly clients: readonly Client[]
  readonly ledger: Ledger
  readonly weather: Weather
  readonly uptimes: readonly Uptime[]
  readonly finalRun: number
}

/** Every concluded channel stands at the newest state acknowledged in time, or the chain gave no fair chance. */
export function checkConclusions({ clients, ledger, weather, uptimes }: RunOutcome): readonly string[] {
  const visible = new Set<SignedState>(
    ledger.blocks.flatMap((block) => block.transactions.flatMap((transaction) => transaction.calldata)),
  )
  return clients.flatMap(({ family, acknowledged }) =>
    family.channels.flatMap((channel) => {
      const dispute = ledger.dispute(channel.id)
      if (dispute?.phase !== 'concluded') return []
      return acknowledged
        .filter((ack) => ack.channelId === channel.id && ack.signed.state.version > dispute.version)
        .filter((ack) =>
          hadFairChance(
            { family, ledger, weather, uptimes, acknowledged, visible },
            channel,
            ack.signed.state.version,
            ack.atMs,
          ),
        )
        .slice(0, 1)
        .map(
          ({ signed, atMs }) =>
            `${short(channel.id)} concluded with ${dispute.version} although ${signed.state.version} was acknowledged at ${atMs / 1000}s`,
        )
    }),
  )
}

/** Whatever was acknowledged is on the disk, or something newer is. */
export async function checkNothingLost(clients: readonly Client[], disk: Store): Promise<readonly string[]> {
  const violations: string[] = []
  for (const { acknowledged } of clients) {
    const newest = new Map<ChannelId, bigint>()
    for (const { channelId, signed } of acknowledged) {
      const before = newest.get(channelId) ?? -1n
      if (signed.state.version > before) newest.set(channelId, signed.state.version)
    }
    for (const [id, version] of newest) {
      const stored = (await disk.load(id))?.newest.state.version
      if (stored === undefined || stored < version) {
        violations.push(`${short(id)} acknowledged ${version}, stored ${stored ?? 'nothing'}`)
      }
    }
  }
  return violations
}

/** A client that listened to the end heard what stood when it came and everything after, in order. */
export function checkTold({ clients, ledger, finalRun }: RunOutcome): readonly string[] {
  return clients.flatMap(({ family, hearings }) =>
    hearings
      .filter(({ run, isOver }) => run === finalRun && !isOver)
      .flatMap((hearing) => {
        const channel = family.channels.find(({ id }) => id === hearing.channelId)
        return channel === undefined ? [] : missedFacts(channel, hearing, ledger)
      }),
  )
}

const factTypes = { dispute: 'registered', forceExec: 'progressed', concluded: 'concluded' } as const

function missedFacts(channel: Channel, hearing: Client['hearings'][number], ledger: Ledger): readonly string[] {
  const logs = ledger.blocks.flatMap((block) => block.logs).filter((log) => log.channelId === channel.id)
  const later = logs.filter((log) => millisecondsOf(log.block.timestamp) > hearing.sinceMs)
  // What stood when it came is told unless something later replaced it before it could be read.
  const standing = later.length > 0 ? undefined : logs.at(-1)
  const expected = standing === undefined ? later : [standing]
  let position = 0
  for (const event of hearing.events) {
    const next = expected[position]
    if (next === undefined) break
    const isNext = event.type === factTypes[next.phase] && 'version' in event && event.version === next.version
    if (isNext) position += 1
  }
  const missed = expected[position]
  if (missed === undefined) return []
  return [`${short(channel.id)} was not told ${factTypes[missed.phase]} ${missed.version}, or not in order`]
}
