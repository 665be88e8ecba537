import { WatcherError } from '@perun-watcher/core'
import { rpcUrls } from '../config/kinds.ts'
import type { Config } from '../config/schema.ts'
import { readSecretFile } from './secret-file.ts'

/**
 * The endpoints of the configuration, or of the file that it names.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function loadRpcUrls({ rpc, rpc_file: file }: Config['chain']): Promise<readonly string[]> {
  if (file === undefined) return rpc ?? []
  const text = await readSecretFile(file, 'chain.rpc_file')
  const parsed = rpcUrls.schema.min(1).safeParse(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
  if (parsed.success) return parsed.data
  throw new WatcherError('OPTION_INVALID', 'The file of chain.rpc_file cannot be used.', {
    details: [`${file} must have one URL per line, with http, https, ws or wss.`],
  })
}
