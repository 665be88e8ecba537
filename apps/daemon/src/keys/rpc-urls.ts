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

/** Shorter parts of a URL are names, such as `mainnet` or `v3`; keys of providers have 20 characters and more. */
const shortestKey = 16

/** What of a URL must not be seen, each by itself: nodes repeat keys in what they say, without the URL around them. */
export function secretsOf(url: string): readonly string[] {
  const { username, password, pathname, searchParams } = new URL(url)
  const keys = [...pathname.split('/'), ...searchParams.values()].filter(({ length }) => length >= shortestKey)
  const isSecret = pathname !== '/' || url.includes('@')
  const parts = [username, password, ...keys].filter((part) => part !== '')
  return [...(isSecret ? [url] : []), ...parts, ...parts.map(decodeURIComponent)]
}
