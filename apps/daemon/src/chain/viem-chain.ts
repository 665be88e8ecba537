import { viemClient, viemSigner } from '@perun-watcher/chain-viem/internal'
import { createClient, http, webSocket } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { ChainLibrary, Connection } from './chain-opener.ts'

const isSocket = (url: string): boolean => /^wss?:/i.test(url)

function overHttp(url: string, options: Parameters<typeof http>[1]): Connection {
  return { url, client: viemClient(createClient({ transport: http(url, options) })), async close() {} }
}

function overSocket(url: string, options: Parameters<typeof webSocket>[1]): Connection {
  const client = createClient({ transport: webSocket(url, options) })
  return {
    url,
    client: viemClient(client),
    async close() {
      // A socket that could not be opened need not be closed.
      await client.transport.getRpcClient().then(
        (socket) => socket.close(),
        () => {},
      )
    },
  }
}

export const viemChain: ChainLibrary = {
  connect: (url, _, timeout) => (isSocket(url) ? overSocket(url, { timeout }) : overHttp(url, { timeout })),
  probe: (url, timeout) =>
    isSocket(url)
      ? overSocket(url, { timeout, retryCount: 0, reconnect: false })
      : overHttp(url, { timeout, retryCount: 0 }),
  signer: (privateKey) => viemSigner(privateKeyToAccount(privateKey)),
}
