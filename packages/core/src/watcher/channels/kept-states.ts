import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import type { OnChainRecord } from '../../model/ledger.ts'
import { stateBytes } from '../../model/state-size.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { KeptState, Store, StoredChannel } from '../../spi/store.ts'
import { linesOf } from './lines.ts'

/** Whether a line keeps exactly this state besides its newest. */
export async function isKept(
  store: Pick<Store, 'kept'>,
  id: ChannelId,
  line: number,
  { state, hash }: HeldState,
): Promise<boolean> {
  return (await store.kept(id, line, state.version, hash)) !== undefined
}

/** The state that a record stands for, of whatever line, where it is kept besides the newest. */
export async function keptStateOf(
  store: Pick<Store, 'kept'>,
  id: ChannelId,
  stored: StoredChannel,
  { version, stateHash }: Pick<OnChainRecord, 'version' | 'stateHash'>,
  options?: AbortOptions,
): Promise<HeldState | undefined> {
  for (const { number, history } of linesOf(stored)) {
    if (history.states === 0) continue
    const found = await store.kept(id, number, version, stateHash, options)
    if (found !== undefined) return found
  }
  return undefined
}

/** What names a state to be dropped. */
export function keptRef(held: HeldState): KeptState {
  return { version: held.state.version, hash: held.hash, bytes: stateBytes(held) }
}
