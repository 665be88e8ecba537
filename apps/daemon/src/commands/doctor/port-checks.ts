import { createServer } from 'node:net'
import { type Finding, fail, ok } from './finding.ts'

/** An address on which the daemon listens. */
export interface Listening {
  /** The setting that names it. */
  readonly option: string
  readonly host: string
  readonly port: number
}

/** Whether the daemon could listen there. */
export async function checkPort({ option, host, port }: Listening, isDaemonRunning: boolean): Promise<Finding> {
  const check = `port ${option}`
  const where = `${host}:${port}`
  const code = await codeOfListening(host, port)
  if (code === undefined) return ok(check, `${where} is free.`)
  if (code === 'EADDRINUSE' && isDaemonRunning) return ok(check, `${where} is in use, as a daemon is running.`)
  return fail(check, `Cannot listen on ${where}: ${code}.`, remedyFor(code, option))
}

function codeOfListening(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host: host === '*' ? '0.0.0.0' : host, port, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    )
  })
}

function remedyFor(code: string, option: string): string {
  if (code === 'EADDRINUSE') return `Stop the program that uses it, or set ${option} to another port.`
  if (code === 'EACCES') return `Set ${option} to a port above 1023, or allow this user to bind it.`
  return `Set ${option} to an address of this machine.`
}
