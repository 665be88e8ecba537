import type { ClientName } from '../../model/brand.ts'
import type { ClientUsage } from '../../spi/engine.ts'
import type { ChannelSummary } from '../../spi/store.ts'
import { none } from '../../store/summary.ts'

/** A channel as far as it is charged to anybody. */
export type Chargeable = Pick<ChannelSummary, 'clients' | 'bytes' | 'historyBytes' | 'otherLines'>

/** What one line takes, and whom it counts in full for; nobody where none of those who brought it has a stake any more. */
export interface LineCharge {
  readonly number: number
  readonly payers: readonly ClientName[]
  readonly bytes: number
  readonly historyBytes: number
}

/**
 * Each line of a channel is charged to those who gave us its states, so that nobody pays for what others sign: another line
 * to those that it names, the first one to everybody else. Where they left the channel it is charged to them all the same as
 * long as a channel of theirs locks it.
 *
 * @param above whom the channels that lock it are charged to; looked at only where {@link isLeft} says so.
 */
export function lineCharges(channel: Chargeable, above: readonly ClientName[]): readonly LineCharge[] {
  const { clients, bytes, historyBytes, otherLines } = channel
  // Nearly all channels are such.
  if (otherLines.length === 0) {
    return [{ number: 0, payers: clients.length === 0 ? above : clients, bytes, historyBytes }]
  }
  const isElsewhere = (client: ClientName): boolean => otherLines.some((line) => line.clients.includes(client))
  const enrolled = clients.filter((client) => !isElsewhere(client))
  const first: LineCharge = {
    number: 0,
    payers: enrolled.length > 0 ? enrolled : above.filter((client) => !isElsewhere(client)),
    bytes: otherLines.reduce((left, line) => left - line.bytes, bytes),
    historyBytes: otherLines.reduce((left, line) => left - line.historyBytes, historyBytes),
  }
  const hasStake = (client: ClientName): boolean => clients.includes(client) || above.includes(client)
  const others = otherLines.map(({ clients: own, ...line }) => ({ ...line, payers: own.filter(hasStake) }))
  return [first, ...others]
}

/** Whether some line is left by those who gave us its states, so that it depends on the channels above whose it is. */
export function isLeft({ clients, otherLines }: Chargeable): boolean {
  if (otherLines.length === 0) return clients.length === 0
  const others = new Set(otherLines.flatMap((line) => line.clients))
  return clients.every((client) => others.has(client)) || [...others].some((client) => !clients.includes(client))
}

/** Whom any of it is charged to, each once. */
export function payersIn(charges: readonly LineCharge[]): readonly ClientName[] {
  const [first, ...others] = charges
  if (first === undefined) return none
  return others.length === 0 ? first.payers : [...new Set(charges.flatMap(({ payers }) => payers))]
}

/** What of one channel is charged to a client. */
export function usageIn(charges: readonly LineCharge[], client: ClientName): ClientUsage {
  let [channels, bytes, historyBytes] = [0, 0, 0]
  for (const charge of charges) {
    if (!charge.payers.includes(client)) continue
    channels = 1
    bytes += charge.bytes
    historyBytes += charge.historyBytes
  }
  return { channels, bytes, historyBytes }
}
