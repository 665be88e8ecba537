import { stat } from 'node:fs/promises'
import { type Finding, fail, ok } from './finding.ts'

/** A file that only its owner may read. */
export interface SecretFile {
  /** The setting that names it. */
  readonly option: string
  readonly path: string
}

/** Whether the file exists and only its owner can read it. */
export async function checkSecretFile({ option, path }: SecretFile): Promise<Finding> {
  const check = `keys.file ${option}`
  try {
    const { mode } = await stat(path)
    // Windows uses access lists, which the mode does not show.
    if (process.platform === 'win32' || (mode & 0o077) === 0) return ok(check, `${path} is readable by its owner only.`)
    const found = `${path} can be read by others (mode ${(mode & 0o777).toString(8)}).`
    return fail(check, found, `chmod 600 ${path}; if others had access, make a new key.`)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fail(check, message, `Correct ${option}, or create the key with: perun-watcher keygen`)
  }
}
