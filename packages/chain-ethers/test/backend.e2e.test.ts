import { JsonRpcProvider, Wallet } from 'ethers'
import { backendSuite } from '../../chain-evm/test/support/backend-suite.ts'
import { ethersBackend } from '../src/index.ts'

backendSuite('ethers over HTTP', ({ rpcUrl, wsUrl: _, privateKey, ...options }) =>
  ethersBackend({
    ...options,
    provider: new JsonRpcProvider(rpcUrl, Number(options.chainId), { staticNetwork: true }),
    wallet: new Wallet(privateKey),
  }),
)
