import {
  type Allocation,
  type Asset,
  type HeldState,
  type Params,
  type Participant,
  parseBytes,
  parseSignature,
  type State,
  type SubAlloc,
  type Transaction,
} from '@perun-watcher/core'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { Codec } from './frame.ts'
import { readChannelId, readStateHash } from './hash.ts'

export const paramsCodec: Codec<Params> = {
  what: 'parameters of a channel',
  write(writer, params) {
    writer.bigint(params.challengeDuration)
    writer.bigint(params.nonce)
    writer.list(params.participants, (participant) => {
      writer.hex(participant.address)
      writer.hex(participant.crossChainAddress)
    })
    writer.optional(params.app, writer.hex)
    writer.flag(params.ledgerChannel)
    writer.flag(params.virtualChannel)
  },
  read: (reader) => ({
    challengeDuration: reader.bigint(),
    nonce: reader.bigint(),
    participants: reader.list(
      (): Participant => ({ address: parseBytes(reader.hex()), crossChainAddress: parseBytes(reader.hex()) }),
    ),
    app: reader.optional(() => parseBytes(reader.hex())),
    ledgerChannel: reader.flag(),
    virtualChannel: reader.flag(),
  }),
}

export const heldCodec: Codec<HeldState> = {
  what: 'state',
  write(writer, held) {
    writer.fixedHex(held.hash)
    writeTransaction(writer, held)
  },
  read(reader) {
    const hash = readStateHash(reader)
    return { ...readTransaction(reader), hash }
  },
}

export function writeTransaction(writer: ByteWriter, { state, sigs }: Transaction): void {
  writer.fixedHex(state.channelId)
  writer.bigint(state.version)
  writer.flag(state.isFinal)
  writer.hex(state.appData)
  writeAllocation(writer, state.outcome)
  writer.list(sigs, writer.hex)
}

export function readTransaction(reader: ByteReader): Transaction {
  const head = { channelId: readChannelId(reader), version: reader.bigint(), isFinal: reader.flag() }
  const state: State = { ...head, appData: parseBytes(reader.hex()), outcome: readAllocation(reader) }
  return { state, sigs: reader.list(() => parseSignature(reader.hex())) }
}

function writeAllocation(writer: ByteWriter, { assets, backends, balances, locked }: Allocation): void {
  writer.list(assets, (asset) => {
    writer.bigint(asset.chainId)
    writer.hex(asset.holder)
    writer.hex(asset.crossChainHolder)
  })
  writer.list(backends, writer.bigint)
  writer.list(balances, (row) => writer.list(row, writer.bigint))
  writer.list(locked, (lock) => {
    writer.fixedHex(lock.channelId)
    writer.list(lock.balances, writer.bigint)
    writer.list(lock.indexMap, writer.uint)
  })
}

function readAllocation(reader: ByteReader): Allocation {
  return {
    assets: reader.list(
      (): Asset => ({
        chainId: reader.bigint(),
        holder: parseBytes(reader.hex()),
        crossChainHolder: parseBytes(reader.hex()),
      }),
    ),
    backends: reader.list(reader.bigint),
    balances: reader.list(() => reader.list(reader.bigint)),
    locked: reader.list(
      (): SubAlloc => ({
        channelId: readChannelId(reader),
        balances: reader.list(reader.bigint),
        indexMap: reader.list(reader.uint),
      }),
    ),
  }
}
