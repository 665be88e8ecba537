import { isWatcherError, toError } from '@perun-watcher/core'
import type { Report, Request } from './child-messages.ts'

export interface ChildProgram<Settings, Command, Answer> {
  /** @returns who does what the parent asks for. */
  start(settings: Settings, notice: (message: string) => void): Promise<(command: Command) => Promise<Answer>>
  /** With this command done, the process ends by itself, unless something was left behind that keeps it alive. */
  isLast(command: Command): boolean
}

/** Makes this process obey its parent: see `startChild`. A parent that is gone takes the process along. */
export function serveParent<Settings, Command, Answer>(servant: ChildProgram<Settings, Command, Answer>): void {
  const report = (message: Report<Answer>): void => void process.send?.(message)
  const orphaned = (): void => process.exit(1)
  process.once('disconnect', orphaned)

  function leave(): void {
    process.off('disconnect', orphaned)
    process.disconnect()
  }

  async function live(settings: Settings): Promise<void> {
    const obey = await servant.start(settings, (message) => report({ type: 'notice', message }))
    process.on('message', ({ number, command }: Request<Command>) => {
      obey(command).then(
        (answer) => {
          report({ type: 'answer', number, answer })
          if (servant.isLast(command)) leave()
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
