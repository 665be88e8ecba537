import { createPublicClient, http, webSocket } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { backendSuite } from '../../chain-evm/test/support/backend-suite.ts'
import { socketSuite } from '../../chain-evm/test/support/socket-suite.ts'
import { viemBackend } from '../src/index.ts'

backendSuite('viem over HTTP', ({ rpcUrl, wsUrl: _, privateKey, ...options }) =>
  viemBackend({
    ...options,
    client: createPublicClient({ transport: http(rpcUrl) }),
    account: privateKeyToAccount(privateKey),
  }),
)

socketSuite('viem over a WebSocket', ({ rpcUrl: _, wsUrl, privateKey, ...options }) => {
  const client = createPublicClient({ transport: webSocket(wsUrl, { reconnect: false }) })
  return {
    backend: viemBackend({ ...options, client, account: privateKeyToAccount(privateKey) }),
    disconnect: async () => (await client.transport.getRpcClient()).close(),
  }
})
