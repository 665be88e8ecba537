import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { DevnetError } from './errors.ts'
import { superviseScript } from './sources.ts'

/** A running anvil that ends with this process, however this process ends. */
export interface AnvilProcess {
  /** The port it listens on, on 127.0.0.1. */
  readonly port: number
  /** Ends it and resolves once it is gone; calling it again only waits for the same end. */
  readonly stop: () => Promise<void>
}

const require = createRequire(import.meta.url)

/**
 * Runs anvil on a free port.
 *
 * @param args - anvil's arguments, without host and port
 * @throws {DevnetError} `ANVIL_MISSING` if npm installed no anvil for this platform, `ANVIL_START` if anvil refuses
 */
export async function runAnvil(args: readonly string[], binary: string = findBinary()): Promise<AnvilProcess> {
  const script = fileURLToPath(superviseScript)
  const supervisor = spawn(process.execPath, [script, binary, '--host', '127.0.0.1', '--port', '0', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own: supervise.mjs says why.
    detached: process.platform !== 'win32',
  })
  const exited = new Promise<void>((resolve) => {
    supervisor.once('exit', () => resolve())
    supervisor.once('error', () => resolve())
  })
  const port = await listeningPort(supervisor)
  detach(supervisor)
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (() => {
      supervisor.ref()
      supervisor.stdin.end()
      return exited
    })()
    return stopping
  }
  return { port, stop }
}

/** Where npm put the binary for this platform; the package's own launcher would be one more process to look after. */
function findBinary(): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    // The platform's package is a dependency of anvil's, and strict package managers show it to nobody else.
    return createRequire(require.resolve('@foundry-rs/anvil/package.json')).resolve(`${name}/bin/${file}`)
  } catch (cause) {
    throw new DevnetError('ANVIL_MISSING', `The package ${name} is not installed.`, {
      remedy:
        'It is an optional dependency of @foundry-rs/anvil: install again without omitting optional dependencies, ' +
        'or name a binary of your own in the option `binary`.',
      cause,
    })
  }
}

function listeningPort(supervisor: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = ''
    let complaint = ''
    supervisor.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      complaint += chunk
    })
    supervisor.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.endsWith('\n')) resolve(Number(output))
    })
    supervisor.once('error', (cause) => reject(new DevnetError('ANVIL_START', 'anvil could not be run.', { cause })))
    // Not 'exit': what it said on its way out must have arrived.
    supervisor.once('close', (code) =>
      reject(new DevnetError('ANVIL_START', `anvil ended with code ${code}: ${complaint.trim() || 'it said nothing'}`)),
    )
  })
}

/** Lets this process end although anvil still runs; a program that forgets to stop it must not hang. */
function detach(supervisor: ChildProcess): void {
  supervisor.unref()
  for (const stream of [supervisor.stdin, supervisor.stdout, supervisor.stderr]) {
    // Pipes of child processes are sockets, which Node's types do not say.
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}
