import { limits } from '@perun-watcher/core/internal'

/**
 * Longest message in bytes unless the operator says otherwise. Nodes accept no transaction above 128 KiB, and a state with
 * its signatures and parameters is shorter on the wire than in a transaction.
 */
export const defaultMaxMessageBytes = 262_144

export const wireLimits = {
  /** Most fields of one message, including those of its parts. */
  fields: 16_384,
  /** Most entries of one list. */
  listLength: limits.listLength,
  /** Most protocol versions in a Hello. */
  versions: 16,
  /** Bytes of the name of a client's or a watcher's software. */
  software: 100,
  /** Bytes of the name of a ledger. */
  ledgerId: 256,
  /** Bytes of a receipt without its signature. */
  receiptBody: 1024,
  signature: 64,
  /** Bytes of an error code. */
  code: 64,
  /** Characters of a human-readable text; longer ones are truncated. */
  text: 500,
  /** Most texts in the details of an error; further ones are dropped. */
  details: 8,
} as const
