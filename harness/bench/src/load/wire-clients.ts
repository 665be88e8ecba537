import type { Connection } from '@perun-watcher/protocol/adapter'
import { decodeServerMessage, encodeClientMessage } from '@perun-watcher/protocol/internal'
import type { ServerAddress } from '../world/served-watcher.ts'
import { signedChannel } from '../world/signed-channel.ts'
import { connectorTo } from './connector.ts'
import { type Publisher, shared } from './publisher.ts'

/**
 * Clients that speak the protocol and do nothing else: what they send is encoded before the clock runs, and no state is
 * checked on this side. Devices run on machines of their own; here they would take the server's cores.
 */
export interface WireClients extends AsyncDisposable {
  readonly publishers: readonly Publisher[]
}

/** @param channels of all together, with a watch each, at version 0. */
export async function wireClients(address: ServerAddress, count: number, channels: number): Promise<WireClients> {
  const all: WireClient[] = []
  for (let number = 0; number < count; number++) all.push(await wireClient(address))
  return {
    publishers: await shared(all, channels, (client, number) => client.start(number)),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((each) => each[Symbol.asyncDispose]()))
    },
  }
}

interface WireClient extends AsyncDisposable {
  /** Watches the channel with this number. */
  start(number: number): Promise<Publisher>
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

async function wireClient(address: ServerAddress): Promise<WireClient> {
  const connection = await connectorTo(address)({})
  await greet(connection)
  const waiting = new Map<bigint, Waiting>()
  let requests = 0n

  /** Rejects when the connection has ended. */
  async function readAll(): Promise<never> {
    for (let bytes = await connection.receive(); bytes !== undefined; bytes = await connection.receive()) {
      const message = decodeServerMessage(bytes)
      if (message.type !== 'reply') throw new Error(`The server sent ${message.type}.`)
      const { request, result } = message
      const asked = waiting.get(request)
      waiting.delete(request)
      if (result.type === 'failed') asked?.reject(result.error)
      else asked?.resolve()
    }
    throw new Error('The server ended the connection.')
  }

  readAll().catch((error: unknown) => {
    for (const { reject } of waiting.values()) reject(error)
  })

  function ask(request: bigint, message: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.set(request, { resolve, reject })
      connection.send(message).catch(reject)
    })
  }

  function nextRequest(): bigint {
    requests += 1n
    return requests
  }

  return {
    async start(number) {
      const channel = signedChannel(number)
      const request = nextRequest()
      const watch = Number(request)
      const newest = channel.signed(0n)
      await ask(
        request,
        encodeClientMessage({ type: 'startWatching', request, watch, newest, parent: undefined, receipt: undefined }),
      )
      return {
        channel,
        prepare({ state, sigs }) {
          const of = nextRequest()
          const message = encodeClientMessage({
            type: 'publish',
            request: of,
            watch,
            transaction: { state, sigs },
          })
          return () => ask(of, message)
        },
      }
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}

async function greet(connection: Connection): Promise<void> {
  await connection.send(encodeClientMessage({ type: 'hello', versions: [1], software: 'benchmark', ledgerId: '' }))
  const answer = await connection.receive()
  const message = answer && decodeServerMessage(answer)
  if (message?.type !== 'welcome') throw new Error(`The server answered ${message?.type ?? 'nothing'}.`)
}
