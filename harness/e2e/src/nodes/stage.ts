import { setTimeout as pause } from 'node:timers/promises'
import { devKey } from '@perun-watcher/devnet'
import { type Dice, dice } from '@perun-watcher/harness-kit/dice'
import { type FaultKind, faultRules, type Middleware } from '@perun-watcher/nodes/faults'
import type { Address } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { earlierNode } from '../rpc-proxy/earlier-node.ts'
import { type RpcProxy, type RpcProxyOptions, startRpcProxy } from '../rpc-proxy/rpc-proxy.ts'
import type { Settings } from '../world/daemon-config.ts'
import type { TestChannel } from '../world/test-chain.ts'
import { type GuardedChannel, guardChannel } from './guarded-channel.ts'
import type { Library } from './library.ts'
import type { Stretch } from './readiness-log.ts'
import { startTower, type Tower } from './tower.ts'
import type { World } from './world.ts'

/** Seconds of chain time within which an old state has to be answered, unless a case says otherwise. */
const usualWindow = 60n

/** A case in play: its daemon, its endpoints, its channels. */
export interface Stage extends AsyncDisposable {
  readonly world: World
  readonly library: Library
  readonly dice: Dice
  /** That pays for refutations. */
  readonly account: Address
  /** What was cheated on, and when. */
  readonly cheated: readonly Cheated[]
  /** When nothing would have been answered. */
  readonly blind: readonly BlindStretch[]
  /** @throws Error before it was started. */
  readonly tower: Tower
  /** One thing that is wrong with an endpoint. */
  fault(kind: FaultKind): Middleware
  endpoint(faults?: readonly Middleware[], options?: Pick<RpcProxyOptions, 'mostInBatch'>): Promise<RpcProxy>
  /** @param endpoints in the order of preference, as URLs. */
  start(endpoints: readonly string[], settings?: Settings): Promise<Tower>
  /** A new channel of which all states are acknowledged. @param windowSeconds its challenge duration. */
  guard(windowSeconds?: bigint): Promise<GuardedChannel>
  /** An old state is registered, and the client is expected to hear of the answer unless `isAway`. */
  cheat(guarded: GuardedChannel, options?: { readonly isAway?: boolean }): Promise<void>
  /** Channels of strangers, each registered once, in one block. */
  strangers(count: number): Promise<void>
  /** From now on, and until the result is called, nothing would be answered. @param windowSeconds of what is cheated on. */
  blindFrom(windowSeconds?: bigint): () => void
  pause(seconds: number): Promise<void>
}

export interface BlindStretch extends Stretch {
  readonly windowSeconds: bigint
}

export interface Cheated {
  readonly guarded: GuardedChannel
  readonly isAway: boolean
  readonly atMs: number
}

export interface StageOptions {
  readonly world: World
  readonly library: Library
  readonly program: string
  readonly newFolder: () => string
  readonly seed: number
}

/** Blocks come every second. */
const blockMs = 1_000

/** A registration of version 1: older than what is acknowledged. */
const oldVersion = 1n

export function openStage({ world, library, program, newFolder, seed }: StageOptions): Stage {
  const { chain, node, blocks } = world
  const accountKey = devKey(world.nextAccount())
  const chance = dice(seed)
  const proxies: RpcProxy[] = []
  const cheated: Cheated[] = []
  const blind: BlindStretch[] = []
  let faults = 0
  let tower: Tower | undefined

  function own(): Tower {
    if (tower === undefined) throw new Error('The daemon has not been started yet.')
    return tower
  }

  return {
    world,
    library,
    dice: chance,
    account: privateKeyToAddress(accountKey),
    cheated,
    blind,
    get tower() {
      return own()
    },
    fault(kind) {
      faults += 1
      return faultRules[kind].make({
        dice: chance.fork(`${kind} ${faults}`),
        now: () => performance.now(),
        pause: (ms) => pause(ms),
        chain: blocks,
        blockMs,
        nodeAt: (clock) => earlierNode(node, () => blocks.headAt(clock())),
      })
    },
    async endpoint(wrong = [], options = {}) {
      const proxy = await startRpcProxy({ node, blocks, faults: wrong, ...options })
      proxies.push(proxy)
      return proxy
    },
    async start(endpoints, settings = {}) {
      const common = {
        library: JSON.stringify(library),
        rpc: JSON.stringify(endpoints),
        poll_interval: '"1s"',
        // What is usual on a chain of one's own nobody else can know.
        max_head_age: '"20s"',
      }
      tower = await startTower({
        program,
        folder: newFolder(),
        devnet: chain.devnet,
        account: accountKey,
        settings: { ...settings, chain: { ...common, ...settings['chain'] } },
      })
      return tower
    },
    guard: (windowSeconds = usualWindow) =>
      guardChannel(own().connect(), chain.openChannel(windowSeconds), windowSeconds),
    async cheat(guarded, { isAway = false } = {}) {
      await guarded.channel.cheat(oldVersion)
      cheated.push({ guarded, isAway, atMs: performance.now() })
    },
    async strangers(count) {
      const channels: readonly TestChannel[] = Array.from({ length: count }, () => chain.openChannel())
      await Promise.all(channels.map((channel) => channel.cheat(oldVersion)))
    },
    blindFrom(windowSeconds = usualWindow) {
      const fromMs = performance.now()
      return () => void blind.push({ fromMs, untilMs: performance.now(), windowSeconds })
    },
    pause: (seconds) => pause(seconds * 1_000),
    async [Symbol.asyncDispose]() {
      await tower?.[Symbol.asyncDispose]()
      await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()))
    },
  }
}
