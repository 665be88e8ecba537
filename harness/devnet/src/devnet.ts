import {
  type Address,
  createPublicClient,
  defineChain,
  encodeDeployData,
  getContractAddress,
  type Hex,
  http,
  type PublicClient,
  parseEther,
  type TransactionReceipt,
} from 'viem'
import { assetHolderAbi, tokenAbi, tokenHolderAbi } from './abi.ts'
import { type Anvil, type AnvilOptions, startAnvil } from './anvil.ts'
import { type ContractName, loadArtifacts } from './artifacts.ts'
import { addressOf } from './codec.ts'
import { DevnetError } from './errors.ts'
import { devKey } from './keys.ts'
import { createSend, type Send, type Sent } from './transactions.ts'

export interface DevnetOptions extends AnvilOptions {
  /** Codes that create contracts, to be deployed instead of ours: Perun's own have the same interfaces. */
  readonly code?: Partial<Record<ContractName, Hex>>
}

/** Where the contracts are; the same in every devnet. */
export interface Contracts {
  readonly adjudicator: Address
  /** Keeps ether. */
  readonly assetHolder: Address
  readonly app: Address
  readonly relay: Address
  /** An ERC-20 token, with 18 decimals, of which each of the ten well-known accounts owns `tokensPerAccount`. */
  readonly token: Address
  /** Keeps that token. */
  readonly tokenHolder: Address
}

/** A chain with Perun's contracts on it. */
export interface Devnet extends AsyncDisposable {
  readonly rpcUrl: string
  readonly wsUrl: string
  readonly chainId: number
  readonly contracts: Contracts
  /** Reads the chain; caches nothing. */
  readonly client: PublicClient
  readonly anvil: Anvil
  /** Sends a transaction of any account; `createActor` gives the calls names. */
  readonly send: Send
  /** Mines a block if this chain mines by hand, then waits for the receipt. Throws what `Sent.wait` throws. */
  readonly confirm: (sent: Sent | Promise<Sent>) => Promise<TransactionReceipt>
  /**
   * The same for many: all of them in one block, if the chain mines by hand. A block has room for 30 million gas, some
   * 200 registrations; start the devnet with `args: ['--gas-limit', '500000000']` for more.
   */
  readonly confirmAll: (sent: readonly (Sent | Promise<Sent>)[]) => Promise<readonly TransactionReceipt[]>
  /** Deploys one more keeper of ether under the adjudicator; the same address in every devnet that does so first. */
  readonly deployAssetHolder: () => Promise<Address>
  /** A number that this devnet has not given out yet: 1, 2, 3 and so on, so that runs repeat exactly. */
  readonly nextNonce: () => bigint
  /** Ends the chain; idempotent. */
  readonly stop: () => Promise<void>
}

/**
 * Starts anvil and deploys the contracts in its first block, however it mines afterwards.
 *
 * @throws {DevnetError} `ANVIL_MISSING`, `ANVIL_START`, `CONTRACTS_STALE`
 */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const { automine = true, blockTime, code = {}, ...manual } = options
  const deployments = planDeployments(code)
  const secondsPerBlock = options.secondsPerBlock ?? blockTime ?? 1
  const anvil = await startAnvil({ ...manual, secondsPerBlock, automine: false })
  try {
    const devnet = assemble(anvil, deployments)
    // Where fewer accounts are rich, that of the token is none of them.
    await anvil.setBalance(addressOf(tokenDeployer), parseEther('10000'))
    const sent = deployments.code.map(({ by, data }) => devnet.send(by, { data }))
    await devnet.confirmAll(sent)
    if (blockTime !== undefined) await anvil.setBlockTime(blockTime)
    else if (automine) await anvil.setAutomine(true)
    return devnet
  } catch (error) {
    await anvil.stop()
    throw error
  }
}

/** What each of the ten well-known accounts owns of the token in the beginning, in its smallest units. */
export const tokensPerAccount: bigint = parseEther('10000')

const deployer = devKey(0)
/**
 * Of the token and its holder. Another account than the other contracts', so that what `deployAssetHolder` and tests deploy
 * lies where it lay before there were tokens: recordings name these addresses.
 */
const tokenDeployer = devKey(9)

interface Deployments {
  readonly contracts: Contracts
  /** In the order of deployment, from which the addresses follow. */
  readonly code: readonly { readonly by: Hex; readonly data: Hex }[]
  readonly assetHolderCode: Hex
}

function planDeployments(own: Partial<Record<ContractName, Hex>>): Deployments {
  const artifact = loadArtifacts()
  const codeOf = (name: ContractName): Hex => own[name] ?? artifact(name).bytecode
  const address = (by: Hex, nonce: bigint): Address => getContractAddress({ from: addressOf(by), nonce })
  const contracts = {
    adjudicator: address(deployer, 0n),
    assetHolder: address(deployer, 1n),
    app: address(deployer, 2n),
    relay: address(deployer, 3n),
    token: address(tokenDeployer, 0n),
    tokenHolder: address(tokenDeployer, 1n),
  }
  const holder = { abi: assetHolderAbi, bytecode: codeOf('AssetHolderETH') }
  const assetHolderCode = encodeDeployData({ ...holder, args: [contracts.adjudicator] })
  const owners = Array.from({ length: 10 }, (_, index) => addressOf(devKey(index)))
  const token = { abi: tokenAbi, bytecode: codeOf('PerunToken') }
  const tokenHolder = { abi: tokenHolderAbi, bytecode: codeOf('AssetHolderERC20') }
  return {
    contracts,
    code: [
      { by: deployer, data: codeOf('Adjudicator') },
      { by: deployer, data: assetHolderCode },
      { by: deployer, data: codeOf('AllowAllApp') },
      { by: deployer, data: codeOf('Relay') },
      { by: tokenDeployer, data: encodeDeployData({ ...token, args: [owners, tokensPerAccount] }) },
      {
        by: tokenDeployer,
        data: encodeDeployData({ ...tokenHolder, args: [contracts.adjudicator, contracts.token] }),
      },
    ],
    assetHolderCode,
  }
}

function assemble(anvil: Anvil, { contracts, assetHolderCode }: Deployments): Devnet {
  const { rpcUrl, wsUrl, chainId } = anvil
  const client: PublicClient = createPublicClient({
    chain: defineChain({
      id: chainId,
      name: 'devnet',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [rpcUrl], webSocket: [wsUrl] } },
    }),
    transport: http(rpcUrl, { retryCount: 0, timeout: 60_000 }),
    cacheTime: 0,
    pollingInterval: 20,
  })
  const confirmAll = async (sent: readonly (Sent | Promise<Sent>)[]): Promise<readonly TransactionReceipt[]> => {
    const taken = await Promise.all(sent)
    if (anvil.mining() === 'manual') await anvil.mine()
    return await Promise.all(taken.map(({ wait }) => wait()))
  }
  const send = createSend(client, rpcUrl, chainId)
  const confirm = async (sent: Sent | Promise<Sent>): Promise<TransactionReceipt> => {
    const { wait } = await sent
    if (anvil.mining() === 'manual') await anvil.mine()
    return await wait()
  }
  let nonce = 0n
  return {
    rpcUrl,
    wsUrl,
    chainId,
    contracts,
    client,
    anvil,
    send,
    confirm,
    confirmAll,
    deployAssetHolder: async () => {
      const { contractAddress } = await confirm(send(deployer, { data: assetHolderCode }))
      if (contractAddress) return contractAddress
      throw new DevnetError('DEPLOYMENT', 'The node does not say where it deployed the asset holder.')
    },
    nextNonce: () => {
      nonce += 1n
      return nonce
    },
    stop: anvil.stop,
    [Symbol.asyncDispose]: anvil.stop,
  }
}
