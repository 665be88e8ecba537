import { parseClientName } from '@perun-watcher/core'
import { lmdbStore } from '@perun-watcher/store-lmdb'
import { costOf } from '../measure/cost.ts'
import type { Report } from '../measure/report.ts'
import { ledgerId } from '../world/bench-backend.ts'
import { fabricatedChannel, fabricatedIds } from '../world/fabricated-channel.ts'
import { firstHead } from '../world/quiet-node.ts'

/** Puts channels into a store directly, without a watcher. */
export interface FillJob {
  readonly name: 'fill'
  readonly path: string
  readonly channels: number
}

const channelsPerCommit = 1_000
const client = parseClientName('local')
/** So far behind the head that a restart has a little to catch up with. */
const cursor = firstHead - 100n

export async function fillJob({ path, channels }: FillJob, say: (text: string) => void): Promise<Report> {
  const ids = fabricatedIds(channels)
  await using store = lmdbStore({ path })
  await store.open([ledgerId])
  await store.bind(ledgerId)
  const { seconds } = await costOf(async () => {
    await store.commit([{ type: 'putCursor', ledger: ledgerId, blockNumber: cursor }])
    for (let from = 0; from < channels; from += channelsPerCommit) {
      await store.commit(ids.slice(from, from + channelsPerCommit).flatMap((id) => fabricatedChannel(id, client)))
      if (from % 100_000 === 0 && from > 0) say(`filled ${from} of ${channels} channels`)
    }
  })
  return { figures: { fillSeconds: seconds } }
}
