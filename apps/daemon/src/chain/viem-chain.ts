import { viemClient, viemSigner } from '@perun-watcher/chain-viem/internal'
import { createClient, http, webSocket } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { chainOpener } from './chain-opener.ts'
import type { Endpoint } from './failover-client.ts'

function overHttp(url: string, timeout: number): Endpoint {
  return { url, client: viemClient(createClient({ transport: http(url, { timeout }) })), async close() {} }
}

function overSocket(url: string, timeout: number): Endpoint {
  const client = createClient({ transport: webSocket(url, { timeout }) })
  return {
    url,
    client: viemClient(client),
    async close() {
      // A socket that cannot be opened needs no closing.
      await client.transport.getRpcClient().then(
        (socket) => socket.close(),
        () => {},
      )
    },
  }
}

export const openViemChain = chainOpener({
  connect: (url, _, timeout) => (/^wss?:/i.test(url) ? overSocket(url, timeout) : overHttp(url, timeout)),
  signer: (privateKey) => viemSigner(privateKeyToAccount(privateKey)),
})
