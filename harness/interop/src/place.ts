import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf, type Devnet, startDevnet } from '@perun-watcher/devnet'
import { startDaemon } from '@perun-watcher/e2e/daemon'
import { startTcpProxy, type TcpProxy } from '@perun-watcher/e2e/tcp-proxy'
import { watcherAccount } from '@perun-watcher/e2e/test-chain'
import type { PerunBytecode } from '@perun-watcher/real'
import type { Request } from './lines.ts'

/** A chain, a daemon, and what can be done to them: for one scenario. */
export interface Place extends AsyncDisposable {
  /** What the Go program has to know. */
  readonly description: Readonly<Record<string, string | number>>
  /** @throws Error if it cannot be done. */
  do(request: Request): Promise<void>
}

export interface PlaceOptions {
  readonly bytecode: PerunBytecode
  /** The daemon's program, as one script. */
  readonly daemon: string
  /** A fresh path. */
  readonly folder: string
}

export async function openPlace(options: PlaceOptions): Promise<Place> {
  const opened: AsyncDisposable[] = []
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]()
  }
  try {
    return await open(options, keeping(opened), close)
  } catch (error) {
    await close()
    throw error
  }
}

type Keep = <T extends AsyncDisposable>(part: T) => T

function keeping(opened: AsyncDisposable[]): Keep {
  return (part) => {
    opened.push(part)
    return part
  }
}

async function open(
  { bytecode, daemon: program, folder }: PlaceOptions,
  keep: Keep,
  close: () => Promise<void>,
): Promise<Place> {
  const devnet = keep(
    await startDevnet({
      blockTime: 1,
      code: {
        Adjudicator: bytecode.adjudicator,
        AssetHolderETH: bytecode.assetHolderEth,
        AllowAllApp: bytecode.trivialApp,
      },
    }),
  )
  const node = keep(await startTcpProxy())
  const nodePort = Number(new URL(devnet.rpcUrl).port)
  node.target = nodePort
  const daemon = keep(
    await startDaemon({
      program,
      folder,
      devnet,
      settings: {
        chain: { rpc: JSON.stringify([`http://127.0.0.1:${node.port}`]) },
        listen: { grpc_addresses: '["127.0.0.1:0"]' },
        // As go-perun's own watcher does: at once.
        dispute: { refute_depth: '0' },
      },
    }),
  )
  const service = keep(await startTcpProxy())
  const first = await daemon.status()
  service.target = portOf(first.grpcAddresses)

  async function start(): Promise<void> {
    await daemon.start()
    service.target = portOf((await daemon.status()).grpcAddresses)
  }
  async function kill(): Promise<void> {
    service.target = undefined
    await daemon.kill()
  }
  const deeds: Readonly<Record<string, (request: Request) => Promise<void>>> = {
    'kill-daemon': kill,
    'start-daemon': start,
    'lose-store': async () => {
      await kill()
      await rm(join(daemon.data, 'store'), { recursive: true })
      await start()
    },
    'cut-node': async () => cut(node),
    'mend-node': async () => {
      node.target = nodePort
    },
    reorg: ({ depth, keep: kept }) =>
      devnet.anvil.reorg(depth, { transactions: kept.map((hash) => ({ block: 0, hash })) }),
    skip: ({ skip }) => passTime(devnet, skip),
  }
  return {
    description: {
      directNode: devnet.wsUrl,
      node: `ws://127.0.0.1:${node.port}`,
      chainId: devnet.chainId,
      adjudicator: devnet.contracts.adjudicator,
      assetHolder: devnet.contracts.assetHolder,
      app: devnet.contracts.app,
      watcher: `127.0.0.1:${service.port}`,
      serverKey: first.tlsPublicKey ?? '',
      payer: addressOf(watcherAccount),
      folder: join(folder, 'clients'),
    },
    async do(request) {
      const deed = deeds[request.do]
      if (deed === undefined) throw new Error(`nobody knows how to ${request.do}`)
      await deed(request)
    },
    [Symbol.asyncDispose]: close,
  }
}

function portOf(addresses: readonly string[] = []): number {
  return Number(addresses[0]?.split(':').at(-1))
}

/** Nobody who came this way reaches the node any more, and nobody is let in. */
function cut(proxy: TcpProxy): void {
  proxy.target = undefined
  proxy.cut()
}

async function passTime({ client, anvil }: Devnet, seconds: number): Promise<void> {
  const { timestamp } = await client.getBlock()
  await anvil.mine({ timestamp: timestamp + BigInt(seconds) })
}
