import { isAdmissible, isRefutable } from '../../dispute/record-rules.ts'
import { smallerStates } from '../../dispute/smaller-states.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { ChainTime, OnChainRecord } from '../../model/ledger.ts'
import type { AdjudicatorRules, RegistrationSizes } from '../../spi/chain.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { StoredChannel } from '../../spi/store.ts'
import type { EngineStore } from '../channels/engine-store.ts'
import { linesOf, type NumberedLine } from '../channels/lines.ts'

/** Looks through histories for states that may stand in a tree for which the newest ones are too large. */
export interface SmallerStatesReader {
  /** @throws whatever the store throws. */
  read(channel: HistoryToRead, options: AbortOptions): Promise<readonly HeldState[]>
}

export interface HistoryToRead {
  readonly id: ChannelId
  readonly stored: StoredChannel
  readonly record: OnChainRecord | undefined
  readonly now: ChainTime
}

export interface SmallerStatesReaderDeps {
  readonly store: Pick<EngineStore, 'history'>
  readonly backend: RegistrationSizes
  readonly rules: AdjudicatorRules
}

/** What was found is remembered of so many channels: a family is looked at with every block. */
const mostRemembered = 256

interface Remembered {
  readonly key: string
  readonly states: readonly HeldState[]
}

export function smallerStatesReader({ store, backend, rules }: SmallerStatesReaderDeps): SmallerStatesReader {
  /** The one that was used last comes last. */
  const remembered = new Map<ChannelId, Remembered>()

  async function readLine(
    { id, stored: { params }, record, now }: HistoryToRead,
    { number, newest, older, history }: NumberedLine,
    options: AbortOptions,
  ): Promise<readonly HeldState[]> {
    if (history.states === 0) return []
    const smaller = smallerStates(({ state, sigs }) => backend.sizeOf({ params, state, sigs }))
    for await (const held of store.history(id, number, options)) {
      if (isAdmissible({ params, record }, held, { now, rules })) smaller.add(held)
    }
    smaller.add(newest)
    const loaded = new Set([newest, ...older].map(({ hash }) => hash))
    return smaller.picked.filter(({ hash }) => !loaded.has(hash))
  }

  return {
    async read(channel, options) {
      const lines = linesOf(channel.stored)
      const isOpen = channel.record !== undefined && isRefutable(channel.record, { now: channel.now, rules })
      const key = keyOf(channel.record, isOpen, lines)
      const known = remembered.get(channel.id)
      const isKnown = known?.key === key
      const states = isKnown
        ? known.states
        : (await Promise.all(lines.map((line) => readLine(channel, line, options)))).flat()
      remembered.delete(channel.id)
      remembered.set(channel.id, { key, states })
      const [oldest] = remembered.keys()
      if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest)
      return states
    },
  }
}

/** Whatever decides what is found: the states of each line, and which of them the contract takes. */
function keyOf(record: OnChainRecord | undefined, isOpen: boolean, lines: readonly NumberedLine[]): string {
  const held = lines.map(({ number, newest, history }) => `${number}:${newest.hash}:${history.states}:${history.bytes}`)
  return [record?.version, record?.stateHash, record?.phase, isOpen, ...held].join(' ')
}
