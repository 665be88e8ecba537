import { type WakeSignal, wakeSignal } from '../../async/wake-signal.ts'
import type { ChannelId } from '../../model/brand.ts'

/**
 * Channels whose windows are about as long: at least {@link WindowClass.windowSeconds}, and less than twice that. So that those
 * with short windows can be gone through without a look at the others, of which there may be a million.
 */
export interface WindowClass {
  readonly windowSeconds: number
  /** In the order in which they came. May be gone through while channels come and go. */
  readonly ids: ReadonlySet<ChannelId>
}

export interface WindowClasses extends Iterable<WindowClass> {
  /** Counts the classes that there were. */
  readonly added: Pick<WakeSignal, 'count' | 'after'>
}

interface MutableWindowClasses extends WindowClasses {
  add(entry: Classified): void
  remove(entry: Classified): void
}

interface Classified {
  readonly id: ChannelId
  readonly windowSeconds: number
}

export function windowClasses(): MutableWindowClasses {
  /** By the power of two that the window reaches. */
  const classes = new Map<number, { readonly windowSeconds: number; readonly ids: Set<ChannelId> }>()
  const added = wakeSignal()
  const powerOf = ({ windowSeconds }: Classified): number => 31 - Math.clz32(Math.max(1, windowSeconds))

  return {
    add(entry) {
      const power = powerOf(entry)
      const known = classes.get(power)
      if (known !== undefined) {
        known.ids.add(entry.id)
        return
      }
      classes.set(power, { windowSeconds: 2 ** power, ids: new Set([entry.id]) })
      added.wake()
    },
    remove(entry) {
      const power = powerOf(entry)
      const known = classes.get(power)
      known?.ids.delete(entry.id)
      if (known?.ids.size === 0) classes.delete(power)
    },
    added,
    [Symbol.iterator]: () => classes.values(),
  }
}
