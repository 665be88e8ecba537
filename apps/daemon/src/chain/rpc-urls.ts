import { WatcherError } from '@perun-watcher/core'
import { rpcUrls } from '../config/kinds.ts'
import type { Config } from '../config/schema.ts'
import { readSecretFile } from '../keys/secret-file.ts'

/**
 * The endpoints that the configuration names, itself or in a file; empty where it names none.
 *
 * @throws WatcherError `OPTION_INVALID`, which shows nothing of the file: URLs hold keys.
 */
export async function rpcUrlsOf({ rpc = [], rpc_file }: Config['chain']): Promise<readonly string[]> {
  if (rpc_file === undefined) return rpc
  const lines = (await readSecretFile(rpc_file, 'chain.rpc_file')).split('\n').map((line) => line.trim())
  const parsed = rpcUrls.schema.safeParse(lines.filter((line) => line !== '' && !line.startsWith('#')))
  if (parsed.success && parsed.data.length > 0) return parsed.data
  throw new WatcherError('OPTION_INVALID', 'The file of chain.rpc_file cannot be used.', {
    details: [`${rpc_file} must hold one URL per line that begins with http://, https://, ws:// or wss://.`],
  })
}
