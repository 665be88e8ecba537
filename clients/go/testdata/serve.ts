/*
 * The watcher of this repository over gRPC, for the tests of the Go client: a real engine with Ethereum's ids, hashes and
 * signatures, over a chain in memory. It takes one command per line from its standard input:
 *
 *   register <hex>   registers the state of a StartWatching message
 *   forget           begins again at the same address with an empty store, as after the loss of a disk
 *
 * and answers each with a line; the first line is its address. It ends with its standard input.
 */

import { createInterface } from 'node:readline'
import {
  type ChannelId,
  memoryStore,
  parseLedgerId,
  type SignedState,
  type WatcherEngine,
  watcherEngine,
} from '@perun-watcher/core'
import type { Inclusion, RegistererSubscriber } from '@perun-watcher/core/adapter'
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { type ModelCall, modelAdjudicator, modelChain } from '@perun-watcher/core/testing'
import { ed25519ReceiptIssuer, serveWatcher } from '@perun-watcher/protocol'
import { decodeClientMessage } from '@perun-watcher/protocol/internal'
import { grpcServer } from '@perun-watcher/transport-grpc'
import { channelBackend } from '../../../packages/chain-evm/src/verify/channel-backend.ts'

const ledgerId = parseLedgerId('eip155:1337:0x0000000000000000000000000000000000000001:v1')
const backend = channelBackend()
// The engine has checked every signature, and the tests register what they have signed.
const contract = modelAdjudicator({ ...backend, signatureFault: () => undefined })
const model = modelChain()

function registers(channel: SignedState, subChannels: readonly SignedState[] = []): ModelCall {
  return {
    run: (before, now) => contract.register(before, channel, subChannels, now),
    states: [channel, ...subChannels],
  }
}

async function lastInclusion(id: ChannelId): Promise<Inclusion> {
  const { logs } = await model.findRegistrations(id)
  const [log] = logs
  if (log === undefined) throw new Error('nothing was registered')
  return { transactionHash: log.transactionHash, block: log.block }
}

const chain: RegistererSubscriber = {
  ...model,
  ...backend,
  ledgerId,
  async register(channel, subChannels, { onSent }) {
    onSent?.()
    model.mine({ calls: [registers(channel, subChannels)] })
    return lastInclusion(channel.state.channelId)
  },
}

interface Service {
  readonly address: string
  close(): Promise<void>
}

async function serve(addresses: string): Promise<Service> {
  const engine: WatcherEngine = watcherEngine({ chain, store: memoryStore(), clock, random }, { refuteDepth: 0n })
  await engine.start()
  const connections = await grpcServer({ addresses, security: { plaintext: 'loopback' }, clock })
  const receipts = ed25519ReceiptIssuer({
    seed: Buffer.alloc(32, 1),
    ledgerId,
    stateHash: backend.stateHash,
    secondsSince1970: () => Math.floor(Date.now() / 1000),
  })
  const server = serveWatcher(engine, connections, { ledgerId, clock, receipts })
  const [address = ''] = connections.addresses
  return {
    address,
    async close() {
      await server.close()
      await connections.close()
      await engine.shutdown({ signal: AbortSignal.abort() }).catch(() => {})
    },
  }
}

function stateOf(hex: string): SignedState {
  const message = decodeClientMessage(Buffer.from(hex, 'hex'))
  if (message.type !== 'startWatching') throw new Error(`not a start: ${message.type}`)
  return message.newest
}

let service = await serve('127.0.0.1:0')
const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(service.address)
for await (const line of createInterface({ input: process.stdin })) {
  const [command, value = ''] = line.split(' ')
  if (command === 'register') model.mine({ calls: [registers(stateOf(value))] })
  if (command === 'forget') {
    const { address } = service
    await service.close()
    service = await serve(address)
  }
  say('done')
}
await service.close()
