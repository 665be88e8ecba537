import {
  type AbortOptions,
  type Block,
  type ChannelId,
  type Clock,
  type OnChainRecord,
  WatcherError,
} from '@perun-watcher/core'
import { timeLimit } from '@perun-watcher/core/internal'
import type { CallsAtBlock } from '../calls/calls-at-block.ts'
import { type Found, readTogether } from '../calls/read-together.ts'
import type { Way } from '../calls/way.ts'
import type { Generation } from '../codec/generation.ts'
import type { Address, RequestOptions } from '../rpc/evm-client.ts'
import { type BulkRecords, parseBulkRecords, recordLookup } from './bulk-records.ts'
import type { ToldRecords } from './told-records.ts'

/** What one endpoint says of a record. */
export interface Opinion {
  readonly record: OnChainRecord | undefined
  /** Who said so, where there are several. */
  readonly heard: ReadonlySet<string>
}

/**
 * What the endpoint that is asked first says of a record at a block. Those that are asked for at the same time, or while a reading
 * is under way, are read in one call. Only what such a call tells more than was known is taken from it: that there is no record, or
 * an older one, an endpoint says by a call that asks for it alone.
 *
 * Rejects as a reading alone does.
 */
export type FirstOpinions = (id: ChannelId, block: Block, options: AbortOptions) => Promise<Opinion>

export interface FirstOpinionsDeps {
  readonly calls: Pick<CallsAtBlock, 'tryOut'>
  /** Shared with whoever else looks up records. */
  readonly ways: readonly Way[]
  readonly adjudicator: Address
  readonly generation: Generation
  readonly told: Pick<ToldRecords, 'isLess'>
  readonly clock: Clock
  /** Reads by a call of its own. */
  readonly readAt: (id: ChannelId, block: Block, options: RequestOptions) => Promise<OnChainRecord | undefined>
}

/** As many as core reads at a time. */
const singlesAtOnce = 32

/** How long many are waited for, in milliseconds, before each is read alone. */
const patienceMs = 2_000

/** `undefined`: one call for many found no record. */
type Said = (Opinion & { readonly isAlone: boolean }) | undefined

export function firstOpinions(deps: FirstOpinionsDeps): FirstOpinions {
  const { calls, ways, adjudicator, generation, told, clock, readAt } = deps
  const lookup = recordLookup(adjudicator, generation)
  const patience = timeLimit(clock, patienceMs)
  let newest: { readonly hash: Block['hash']; readonly read: ReturnType<typeof readerAt> } | undefined

  async function readAlone(id: ChannelId, block: Block, options: AbortOptions): Promise<Opinion & { isAlone: true }> {
    const heard = new Set<string>()
    return { record: await readAt(id, block, { ...options, heard }), heard, isAlone: true }
  }

  async function ask(way: Way, ids: readonly ChannelId[], block: Block, heard: Set<string>): Promise<BulkRecords> {
    const answer = await patience.run(() => calls.tryOut(way.callFor(ids), block, { heard }), expired)
    return parseBulkRecords(answer, ids, generation, lookup, block.number)
  }

  /** Rejects where a call of its own is not answered either: it says nothing about the way, and each is told why. */
  async function lookUp(
    way: Way,
    ids: readonly ChannelId[],
    block: Block,
  ): Promise<Found<ChannelId, Said> | undefined> {
    const heard = new Set<string>()
    try {
      const { count, records } = await ask(way, ids, block, heard)
      return { count, values: new Map([...records].map(([id, record]) => [id, { record, heard, isAlone: false }])) }
    } catch {
      const [first] = ids
      if (ids.length > 1 && first !== undefined) await readAlone(first, block, {})
      return undefined
    }
  }

  const readerAt = (block: Block): ((id: ChannelId, options: AbortOptions) => Promise<Said>) =>
    readTogether<ChannelId, Said>({
      ways,
      lookUp: (way, ids) => lookUp(way, ids, block),
      readOne: (id) => readAlone(id, block, {}),
      notFound: undefined,
      singlesAtOnce,
      clock,
    })

  return async (id, block, options) => {
    if (!ways.some(({ isOpen }) => isOpen)) return await readAlone(id, block, options)
    if (newest?.hash !== block.hash) newest = { hash: block.hash, read: readerAt(block) }
    const said = await newest.read(id, options)
    if (said?.isAlone === true) return said
    return said === undefined || told.isLess(id, said.record) ? await readAlone(id, block, options) : said
  }
}

function expired(): WatcherError {
  return new WatcherError('CHAIN_UNREACHABLE', 'The RPC endpoint did not tell many records in time.')
}
