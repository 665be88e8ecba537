import { ledgersOfStore, lmdbStore } from '@perun-watcher/store-lmdb'
import type { DataPlaces } from '../../config/places.ts'
import { findDaemon } from '../../control/control-client.ts'
import type { Output } from '../../terminal/output.ts'
import { jsonLine } from '../../terminal/output.ts'
import { themeFor } from '../../terminal/theme.ts'
import { channelLines } from './channel-lines.ts'
import { rowsOfStore } from './channel-row.ts'
import { type Page, type PageOptions, pageOf } from './page.ts'

export interface ShowChannelsOptions {
  readonly places: DataPlaces
  readonly page: PageOptions
  readonly json: boolean
  readonly output: Output
  readonly signal: AbortSignal
}

export async function showChannels({ places, page, json, output, signal }: ShowChannelsOptions): Promise<void> {
  const { out, err } = output
  const daemon = await findDaemon(places.controlSocket, { signal })
  if (daemon === undefined) err.write('No daemon is running. This is what its store held when it ended.\n')
  const found =
    daemon === undefined
      ? await pageOfStore(places.store, page, signal)
      : await pageOf(daemon.channels({ signal }), page)
  if (!json) {
    out.write(`${channelLines(found, themeFor(out)).join('\n')}\n`)
    return
  }
  for (const row of found.rows) out.write(`${jsonLine({ ...row, type: 'channel' })}\n`)
  out.write(`${jsonLine({ type: 'end', matching: found.matching, next: found.next })}\n`)
}

async function pageOfStore(path: string, page: PageOptions, signal: AbortSignal): Promise<Page> {
  const ledgers = await ledgersOfStore(path)
  await using store = lmdbStore({ path })
  await store.open(ledgers, { signal })
  return await pageOf(rowsOfStore(store, signal), page)
}
