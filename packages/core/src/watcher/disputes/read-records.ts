import { firstOf } from '../../async/first-of.ts'
import type { ChannelId } from '../../model/brand.ts'
import type { AbortOptions } from '../../spi/runtime.ts'
import type { DisputeContext } from './dispute-context.ts'

/**
 * Reads the records of some channels again, for as long as no block comes: an endpoint that hangs must not hold the family.
 *
 * @param others - what ends the waiting as well.
 */
export async function readRecords(
  { recordReader, ticks, signal }: DisputeContext,
  ids: readonly ChannelId[],
  others: readonly ((options: Required<AbortOptions>) => Promise<void>)[] = [],
): Promise<void> {
  const tick = ticks.count
  await firstOf(signal, [
    async (options) => {
      await Promise.all(ids.map((id) => recordReader.tryReading(id, options.signal)))
    },
    (options) => ticks.after(tick, options),
    ...others,
  ])
}
