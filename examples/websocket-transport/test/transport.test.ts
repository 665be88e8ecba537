import { transportKit } from '@perun-watcher/conformance/transport'
import { parseClientName } from '@perun-watcher/core'
import { describe, it } from 'vitest'
import { webSocketConnector } from '../src/client.ts'
import { webSocketListener } from '../src/server.ts'
import { cable } from './support/cable.ts'
import { freePort } from './support/free-port.ts'

const maxMessageBytes = 262_144

const nameOf = (client: number) => parseClientName(`client-${client}`)

transportKit({
  describe,
  it,
  name: 'WebSocket',
  maxMessageBytes,
  canCut: true,
  canImpersonate: true,
  async place() {
    const port = await freePort()
    const near = await freePort()
    const network = await cable(near, port)
    const connector = (token: string) => webSocketConnector({ url: `ws://127.0.0.1:${near}`, token, maxMessageBytes })
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
      cut: async () => network.cut(),
      [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
    }
  },
})
