import type { Theme } from '../../terminal/theme.ts'
import { timeText } from '../../terminal/times.ts'
import type { ChannelRow } from './channel-row.ts'
import type { Page } from './page.ts'

/** How many clients of a channel are shown. */
const clientsShown = 3

/** A page for people. */
export function channelLines({ rows, matching, next }: Page, theme: Theme): readonly string[] {
  const lines = rows.flatMap((row) => linesOf(row, theme))
  const count = next === undefined ? `${matching} channels.` : `${rows.length} of ${matching} channels.`
  return [
    ...lines,
    ...(lines.length === 0 ? [] : ['']),
    count,
    ...(next === undefined ? [] : [`More: --after ${next}`]),
  ]
}

function linesOf(row: ChannelRow, { bad, strong, quiet }: Theme): readonly string[] {
  const { id, parents, clients, version, isFinal, isDisputed, record, deadline, bytes } = row
  const state = `version ${version}${isFinal ? ', final' : ''}${bytes === undefined ? '' : `, ${bytes} bytes`}`
  const chain = record === undefined ? 'not on the chain' : `on the chain: version ${record.version}, ${record.phase}`
  const until = deadline === undefined ? '' : ` until ${timeText(deadline)}`
  return [
    `${strong(id)}${isDisputed ? ` ${bad(`disputed${until}`)}` : ''}`,
    `  ${state}; ${chain}`,
    `  ${quiet(`watched by ${namesOf(clients)}${parents.length === 0 ? '' : `; locked by ${parents.join(', ')}`}`)}`,
  ]
}

function namesOf(clients: readonly string[]): string {
  if (clients.length === 0) return 'nobody any more'
  const more = clients.length - clientsShown
  return `${clients.slice(0, clientsShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
