import { readdir, readFile, readlink } from 'node:fs/promises'

/** Ports by which the peers of a process are told apart. */
export interface KnownPorts {
  /** Where it listens. */
  readonly own: Readonly<Record<string, number>>
  /** Where it connects to. */
  readonly remote: Readonly<Record<string, number>>
}

const tcpStates: Readonly<Record<string, string>> = {
  '01': 'established',
  '02': 'connecting',
  '03': 'connecting',
  '04': 'closing',
  '05': 'closing',
  '06': 'closing',
  '07': 'closed',
  '08': 'half closed by the peer',
  '09': 'closing',
  '0A': 'listening',
  '0B': 'closing',
}

const portOf = (address: string | undefined): number => Number.parseInt(address?.split(':')[1] ?? '', 16)

/** Open descriptors of a process of this machine, by kind and peer. Empty where the system does not tell (it is not Linux). */
export async function descriptorsOf(pid: number, ports: KnownPorts): Promise<Readonly<Record<string, number>>> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch((): string[] => [])
  const sockets = await socketsOf(pid, ports)
  const counts: Record<string, number> = {}
  for (const name of names) {
    const target = await readlink(`${folder}/${name}`).catch(() => undefined)
    if (target === undefined) continue
    const kind = kindOf(target, sockets)
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

function kindOf(target: string, sockets: ReadonlyMap<string, string>): string {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(target) ?? []
  if (inode !== undefined) return sockets.get(inode) ?? 'socket'
  if (target.startsWith('pipe:')) return 'pipe'
  return target.startsWith('anon_inode:') ? target.slice('anon_inode:'.length) : 'file'
}

/** What each socket of the network of a process is, by inode. */
async function socketsOf(pid: number, ports: KnownPorts): Promise<ReadonlyMap<string, string>> {
  const lines = async (name: string): Promise<readonly (readonly string[])[]> => {
    const table = await readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')
    return table
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
  }
  const [tcp, tcp6, unix] = [await lines('tcp'), await lines('tcp6'), await lines('unix')]
  return new Map([
    ...unix.map((fields) => [fields[6] ?? '', 'unix socket'] as const),
    ...[...tcp, ...tcp6].map((fields) => {
      const [, local, remote, state = '', , , , , , inode = ''] = fields
      return [inode, `${peerOf(portOf(local), portOf(remote), ports)} ${tcpStates[state] ?? state}`] as const
    }),
  ])
}

function peerOf(local: number, remote: number, ports: KnownPorts): string {
  const named = (all: Readonly<Record<string, number>>, port: number): string | undefined =>
    Object.entries(all).find(([, each]) => each === port)?.[0]
  return named(ports.own, local) ?? named(ports.remote, remote) ?? 'tcp'
}
