import { type Child, startChild } from '@perun-watcher/harness-kit/child'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import type { Daemon } from '../world/daemon.ts'
import type { TestChain, TestChannel } from '../world/test-chain.ts'
import type { CrowdAnswer, CrowdCommand, CrowdMember, CrowdSettings } from './protocol.ts'

/** Many devices, in a few processes. */
export interface Crowd extends Disposable {
  readonly channels: readonly TestChannel[]
  /** All do it at the same time. */
  all(type: CrowdCommand['type']): Promise<CrowdAnswer>
}

export interface CrowdOptions {
  readonly program: string
  readonly daemon: Daemon
  readonly chain: TestChain
  readonly processes: number
  readonly membersEach: number
  /** The newest version that each publishes. */
  readonly last: bigint
}

export async function gatherCrowd(options: CrowdOptions): Promise<Crowd> {
  const { program, daemon, chain, processes, membersEach, last } = options
  const channels = Array.from({ length: processes * membersEach }, () => chain.openChannel())
  const members: CrowdMember[] = []
  for (const channel of channels) {
    const versions = Array.from({ length: Number(last) + 1 }, (_, version) => BigInt(version))
    const states = await Promise.all(versions.map((version) => channel.state(version)))
    members.push({ keys: generateCurveKeys(), states })
  }
  const children = Array.from({ length: processes }, (_, index) => {
    const child: Child<CrowdSettings, CrowdCommand, CrowdAnswer> = startChild(program)
    const part = members.slice(index * membersEach, (index + 1) * membersEach)
    // Around the proxy: a thousand connections would be work for this process too.
    child.begin({ endpoint: daemon.directEndpoint, watcherKey: daemon.publicKey, members: part })
    return child
  })
  return {
    channels,
    async all(type) {
      await Promise.all(children.map(({ ready }) => ready))
      const answers = await Promise.all(children.map((child) => child.ask({ type })))
      return {
        done: answers.reduce((sum, { done }) => sum + done, 0),
        errors: [...new Set(answers.flatMap(({ errors }) => errors))],
      }
    },
    [Symbol.dispose]() {
      for (const child of children) child.kill()
    },
  }
}
