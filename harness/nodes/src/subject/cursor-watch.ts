import { type ChannelId, parseChannelId } from '@perun-watcher/core'
import type { Store } from '@perun-watcher/core/adapter'
import { type Answer, type Exchange, fieldOf } from '../endpoint/answer.ts'
import type { Channel } from '../parties/channel.ts'
import type { Chain } from '../truth/chain.ts'
import { adjudicatorAddress } from '../truth/contract.ts'

/** Sees to it that the cursor passes no log that was given and whose effect is not stored. */
export interface CursorWatch {
  onAnswer(exchange: Exchange, answer: Answer): void
  onCursor(blockNumber: bigint): void
  readonly passed: readonly string[]
}

export interface CursorWatchDeps {
  readonly chain: Chain
  readonly disk: Pick<Store, 'load'>
  readonly channels: readonly Channel[]
  readonly chainId: bigint
}

interface GivenLog {
  readonly blockHash: string
  readonly blockNumber: number
  readonly version: bigint
}

export function cursorWatch({ chain, disk, channels }: CursorWatchDeps): CursorWatch {
  const given = new Map<ChannelId, GivenLog[]>(channels.map(({ id }) => [id, []]))
  /** The highest version that was stored of each: if two endpoints deny it later, that is no matter of the cursor. */
  const handled = new Map<ChannelId, bigint>()
  const passed: string[] = []

  function note(log: unknown): void {
    const topics = fieldOf(log, 'topics')
    const [, topic]: readonly unknown[] = Array.isArray(topics) ? topics : []
    const [hash, data] = [fieldOf(log, 'blockHash'), fieldOf(log, 'data')]
    const isUsual =
      fieldOf(log, 'address') === adjudicatorAddress &&
      fieldOf(log, 'removed') === false &&
      fieldOf(log, 'logIndex') !== null
    if (!isUsual || typeof topic !== 'string' || typeof hash !== 'string' || typeof data !== 'string') return
    given.get(parseChannelId(topic))?.push({
      blockHash: hash,
      blockNumber: Number(fieldOf(log, 'blockNumber')),
      version: BigInt(data.slice(0, 66)),
    })
  }

  async function check(id: ChannelId, blockNumber: bigint): Promise<void> {
    const due = (given.get(id) ?? []).filter(
      (log) => BigInt(log.blockNumber) <= blockNumber && chain.at(chain.head, log.blockNumber)?.hash === log.blockHash,
    )
    const newest = due.reduce((most, { version }) => (version > most ? version : most), -1n)
    if (newest <= (handled.get(id) ?? -1n)) return
    const stored = await disk.load(id)
    if (stored === undefined) return
    if (stored.records.some(({ record }) => record !== undefined && record.version >= newest)) {
      handled.set(id, newest)
      return
    }
    const problem = `passed: the cursor is at ${blockNumber}, and version ${newest} of ${id.slice(2, 8)} is not stored`
    if (!passed.includes(problem)) passed.push(problem)
  }

  return {
    passed,
    onAnswer({ method }, answer) {
      if (method !== 'eth_getLogs' || answer.type !== 'result' || !Array.isArray(answer.value)) return
      for (const log of answer.value) note(log)
    },
    onCursor(blockNumber) {
      for (const { id } of channels) void check(id, blockNumber)
    },
  }
}
