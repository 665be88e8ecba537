/**
 * Fills the store at a path until it is refused, then writes to the journal, makes room and goes on; prints what happened. Run
 * where files may not grow for long.
 */
import { parseTransactionHash } from '@perun-watcher/core'
import { lmdbStore } from '../../src/index.ts'
import { channelOf, create, ledger } from './channels.ts'

const channelsPerCommit = 20
const attempts = 200
/** As long as a registration of a root with several sub-channels. */
const raw = `0x${'ab'.repeat(3_000)}` as const

const hashOf = (number: number) => parseTransactionHash(`0x${number.toString(16).padStart(64, '0')}`)

const store = lmdbStore({ path: process.argv.at(-1) ?? '' })
await store.open([ledger])
await store.bind(ledger)

async function isWritten(work: Promise<void>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  )
}

const fill = (number: number): Promise<void> =>
  store.commit(
    Array.from({ length: channelsPerCommit }, (_, index) => create(channelOf(number * channelsPerCommit + index), 1n)),
  )

let written = 0
while (await isWritten(fill(written))) written++
const journal = store.journal(ledger)
let recorded = 0
for (let number = 0; number < attempts; number++) {
  // The clients go on: what they publish must not take the room that is left.
  const [isRecorded] = await Promise.all([
    isWritten(journal.putAttempt({ lane: 'lane', sequence: BigInt(number), hash: hashOf(number), raw })),
    isWritten(fill(written)),
  ])
  if (isRecorded) recorded++
}
const held = (await journal.attempts()).length
const isForgotten = await isWritten(journal.forgetAttempts('lane', BigInt(attempts)))
let removed = 0
for (let number = 0; number < written * channelsPerCommit; number++) {
  if (await isWritten(store.commit([{ type: 'removeChannel', id: channelOf(number).id }]))) removed++
}
let looks = 0
while (looks < 1_000_000 && !(await isWritten(fill(written)))) looks++
const { damaged } = await store.verify()
await store.close()
process.stdout.write(
  JSON.stringify({
    attempts,
    recorded,
    held,
    isForgotten,
    isAllRemoved: removed === written * channelsPerCommit,
    isWrittenAgain: looks < 1_000_000,
    damaged: damaged.length,
  }),
)
