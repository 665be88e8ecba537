import { publishers } from '../load/publisher.ts'
import { remoteClients } from '../load/remote-clients.ts'
import { serverProcess } from '../load/server-process.ts'
import type { Report } from '../measure/report.ts'

/** Clients that are connected, watch one channel each and do nothing: what each costs the watcher. */
export interface IdleJob {
  readonly name: 'idle'
  readonly path: string
  readonly clients: number
}

export async function idleJob({ path, clients: count }: IdleJob, say: (text: string) => void): Promise<Report> {
  // Without the room for young objects, which fills up once and says nothing about clients.
  await using server = await serverProcess({ path, hasReceipts: true }, [])
  // What the first ones cost once is not counted: code, pools, the pages of the store.
  const first = Math.ceil(count / 4)
  await using early = await remoteClients(server.address, first)
  await publishers(early.all, first)
  const before = await server.memory()
  await using clients = await remoteClients(server.address, count)
  await publishers(clients.all, count, first)
  const after = await server.memory()
  say(`${count} idle clients`)
  const kibibytes = (mebibytes: number): number => (mebibytes * 1_024) / count
  return {
    memoryPerIdleClientKiB: {
      resident: kibibytes(after.resident - after.mapped - (before.resident - before.mapped)),
      heap: kibibytes(after.heap - before.heap),
    },
  }
}
