import { isWatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import type { Report, Request } from './child-messages.ts'

/** A program that runs as a child of ours. */
export interface ChildProgram<Settings, Command, Answer> {
  /** @returns what carries out the parent's commands. */
  start(settings: Settings, notice: (message: string) => void): Promise<(command: Command) => Promise<Answer>>
  /** Once this command is carried out, the process ends by itself, unless something was left behind that keeps it alive. */
  isLast(command: Command): boolean
}

/** Makes this process obey its parent: see `startChild`. When the parent is gone, it ends too. */
export function serveParent<Settings, Command, Answer>(program: ChildProgram<Settings, Command, Answer>): void {
  const report = (message: Report<Answer>): void => void process.send?.(message)
  const orphaned = (): void => process.exit(1)
  process.once('disconnect', orphaned)

  function leave(): void {
    process.off('disconnect', orphaned)
    process.disconnect()
  }

  async function live(settings: Settings): Promise<void> {
    const carryOut = await program.start(settings, (message) => report({ type: 'notice', message }))
    process.on('message', ({ number, command }: Request<Command>) => {
      carryOut(command).then(
        (answer) => {
          report({ type: 'answer', number, answer })
          if (program.isLast(command)) leave()
        },
        (error: unknown) => {
          const code = isWatcherError(error) ? error.code : 'UNKNOWN'
          report({ type: 'refused', number, code, message: toError(error).message })
        },
      )
    })
    report({ type: 'ready' })
  }

  process.once('message', (settings: Settings) => {
    live(settings).catch((error: unknown) => {
      process.stderr.write(`${toError(error).stack}\n`)
      process.exit(1)
    })
  })
}
