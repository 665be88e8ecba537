import type { LmdbStore } from '@perun-watcher/store-lmdb'
import type { BenchWatcher } from '../world/bench-watcher.ts'
import { signedChannel } from '../world/signed-channel.ts'

const inFlight = 100

/** Many publishes of one channel at once: only the newest must be checked and stored. */
export async function conflation(bench: BenchWatcher, store: LmdbStore): Promise<Readonly<Record<string, number>>> {
  const channel = signedChannel(0)
  const { statesPub } = await bench.watcher.startWatching(channel.signed(0n))
  const states = Array.from({ length: inFlight }, (_, index) => channel.signed(BigInt(index + 1)))
  const verificationsBefore = bench.verifications
  const { commits: commitsBefore } = store.statistics()
  await Promise.all(states.map((state) => statesPub.publish(state)))
  return {
    publishes: inFlight,
    verifications: bench.verifications - verificationsBefore,
    commits: store.statistics().commits - commitsBefore,
  }
}
