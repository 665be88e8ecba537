import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface TemporaryTree {
  readonly directory: string
  /** Writes a file and the directories above it. */
  write(path: string, text: string): void
  remove(): void
}

/** A directory of its own, outside the repository. */
export function temporaryTree(): TemporaryTree {
  const directory = mkdtempSync(join(tmpdir(), 'perun-watcher-tools-'))
  return {
    directory,
    write(path, text) {
      const file = join(directory, path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}
