import {
  type BlockHash,
  type ChannelId,
  parseBlockHash,
  parseChannelId,
  parseStateHash,
  parseTransactionHash,
  type StateHash,
  type TransactionHash,
} from '@perun-watcher/core'
import type { ByteReader } from './byte-reader.ts'

/** Every hash of the model has this many bytes. */
export const hashSize = 32

export const readChannelId = (reader: ByteReader): ChannelId => parseChannelId(reader.fixedHex(hashSize))
export const readStateHash = (reader: ByteReader): StateHash => parseStateHash(reader.fixedHex(hashSize))
export const readBlockHash = (reader: ByteReader): BlockHash => parseBlockHash(reader.fixedHex(hashSize))
export const readTransactionHash = (reader: ByteReader): TransactionHash =>
  parseTransactionHash(reader.fixedHex(hashSize))
