import type { SignedState } from '../model/channel.ts'
import type { LedgerLimits, RegistrationSizes, Size } from '../spi/chain.ts'
import type { TreeRoom } from './family.ts'

/** What a registration of some channels takes up, and how many they are. */
export interface TreeSize extends Size {
  readonly channels: number
}

/** A registration without any channel yet. */
export function emptyTree({ envelope }: Pick<RegistrationSizes, 'envelope'>): TreeSize {
  return { ...envelope, channels: 0 }
}

/** The same with one channel more. */
export function withChannel(tree: TreeSize, { bytes, work }: Size): TreeSize {
  return { bytes: tree.bytes + bytes, work: tree.work + work, channels: tree.channels + 1 }
}

/** What the registration of these channels together takes up. */
export function treeSize(sizes: RegistrationSizes, channels: Iterable<SignedState>): TreeSize {
  let tree = emptyTree(sizes)
  for (const channel of channels) tree = withChannel(tree, sizes.sizeOf(channel))
  return tree
}

/** What of a registration exceeds what the ledger takes, in words for a person; `undefined` if it fits. */
export function excessOf(tree: TreeSize, limits: LedgerLimits): string | undefined {
  if (tree.channels > limits.channels) return `${tree.channels} channels; at most ${limits.channels} are taken`
  if (tree.bytes > limits.bytes) return `${tree.bytes} bytes; the ledger takes at most ${limits.bytes}`
  if (tree.work > limits.work) return `${tree.work} units of work (gas); the ledger takes at most ${limits.work}`
  return undefined
}

/** Whether the ledger takes a registration of this size. */
function fitsLimits(tree: TreeSize, limits: LedgerLimits): boolean {
  return excessOf(tree, limits) === undefined
}

/** How large a tree the ledger takes, for planning one. */
export function roomOf(sizes: RegistrationSizes): TreeRoom {
  const { limits } = sizes
  return { channels: limits.channels, fits: (states) => fitsLimits(treeSize(sizes, states), limits) }
}
