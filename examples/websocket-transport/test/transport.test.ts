import { once } from 'node:events'
import { createServer } from 'node:net'
import { transportKit } from '@perun-watcher/conformance/transport'
import { parseClientName } from '@perun-watcher/core'
import { describe, it } from 'vitest'
import { webSocketConnector } from '../src/client.ts'
import { webSocketListener } from '../src/server.ts'

const maxMessageBytes = 262_144

/** A port that is free at the moment. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

const nameOf = (client: number) => parseClientName(`client-${client}`)

transportKit({
  describe,
  it,
  name: 'WebSocket',
  maxMessageBytes,
  canImpersonate: true,
  async place() {
    const port = await freePort()
    const connector = (token: string) => webSocketConnector({ url: `ws://127.0.0.1:${port}`, token, maxMessageBytes })
    return {
      listen: () =>
        webSocketListener({
          port,
          maxMessageBytes,
          clientOf: (token) =>
            token.startsWith('secret-') ? nameOf(Number(token.slice('secret-'.length))) : undefined,
        }),
      connector: (client) => connector(`secret-${client}`),
      clientName: nameOf,
      impostor: (client) => connector(`guess-${client}`),
      async [Symbol.asyncDispose]() {},
    }
  },
})
