import type { SignedState } from '../model/channel.ts'
import type { ChannelSize, LedgerLimits, RegistrationSizes, Size } from '../spi/chain.ts'

/** What a registration of some channels takes up, and how many they are. */
export interface TreeSize extends Size {
  /** Work of settling them together. */
  readonly settling: bigint
  readonly channels: number
}

/** A registration without any channel yet. */
export function emptyTree({ envelope }: Pick<RegistrationSizes, 'envelope'>): TreeSize {
  // Field by field: this is asked for every state that is published, and spreading is slow.
  return { bytes: envelope.bytes, work: envelope.work, settling: envelope.work, channels: 0 }
}

/** The same with one channel more. */
export function withChannel(tree: TreeSize, { bytes, work, settling = work }: ChannelSize): TreeSize {
  return {
    bytes: tree.bytes + bytes,
    work: tree.work + work,
    settling: tree.settling + settling,
    channels: tree.channels + 1,
  }
}

export function plus(a: TreeSize, b: TreeSize): TreeSize {
  return {
    bytes: a.bytes + b.bytes,
    work: a.work + b.work,
    settling: a.settling + b.settling,
    channels: a.channels + b.channels,
  }
}

/** What the registration of these channels together takes up. */
export function treeSize(sizes: RegistrationSizes, channels: Iterable<SignedState>): TreeSize {
  let tree = emptyTree(sizes)
  for (const channel of channels) tree = withChannel(tree, sizes.sizeOf(channel))
  return tree
}

/**
 * What exceeds what the ledger takes, of registering and of settling, in words for a person; `undefined` if both fit. What is
 * promised must fit: a state that is registered and can never be concluded pays nobody.
 */
export function excessOf(tree: TreeSize, limits: LedgerLimits): string | undefined {
  const excess = registrationExcess(tree, limits)
  if (excess !== undefined || tree.settling <= limits.work) return excess
  return `${tree.settling} units of work (gas) to conclude and pay it out; the ledger takes at most ${limits.work}`
}

/**
 * The same of registering alone, for planning: whether a tree could be settled does not matter then. What is held already is
 * defended, and an old state in its place would be worse.
 */
export function registrationExcess(tree: TreeSize, limits: LedgerLimits): string | undefined {
  if (tree.channels > limits.channels) return `${tree.channels} channels; at most ${limits.channels} are taken`
  if (tree.bytes > limits.bytes) return `${tree.bytes} bytes; the ledger takes at most ${limits.bytes}`
  if (tree.work > limits.work) return `${tree.work} units of work (gas); the ledger takes at most ${limits.work}`
  return undefined
}
