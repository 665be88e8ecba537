import type { ChannelId } from '../../model/brand.ts'
import type { HeldState } from '../../model/channel.ts'
import { stateBytes } from '../../model/state-size.ts'
import type { KeptState, Store } from '../../spi/store.ts'

/** Whether a line keeps exactly this state besides its newest. */
export async function isKept(
  store: Pick<Store, 'kept'>,
  id: ChannelId,
  line: number,
  { state, hash }: HeldState,
): Promise<boolean> {
  return (await store.kept(id, line, state.version, hash)) !== undefined
}

/** What names a state to be dropped. */
export function keptRef(held: HeldState): KeptState {
  return { version: held.state.version, hash: held.hash, bytes: stateBytes(held) }
}
