import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Devnet } from '@perun-watcher/devnet'
import type { Hex } from 'viem'
import { watcherAccount } from './test-chain.ts'

/** Settings that a scenario wants otherwise, as text of TOML: section, setting, value. */
export type Settings = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * Writes the configuration of a daemon for a chain into a folder.
 *
 * @param account - private key of the account that pays for refutations.
 * @returns its path.
 */
export async function writeConfig(
  folder: string,
  devnet: Devnet,
  changes: Settings,
  account: Hex = watcherAccount,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const keyFile = join(folder, 'account.key')
  await writeFile(keyFile, account, { mode: 0o600 })
  const path = join(folder, 'config.toml')
  await writeFile(path, toml(merged(usual(folder, devnet, keyFile), changes)))
  return path
}

function usual(folder: string, { rpcUrl, chainId, contracts }: Devnet, keyFile: string): Settings {
  return {
    data: { directory: text(join(folder, 'data')) },
    chain: {
      rpc: `[${text(rpcUrl)}]`,
      id: String(chainId),
      adjudicator: text(contracts.adjudicator),
      poll_interval: text('250ms'),
    },
    account: { key_file: text(keyFile) },
    listen: { endpoints: `[${text('tcp://127.0.0.1:*')}]`, enrolment: text('open') },
    http: { address: text('off') },
    log: { format: text('json') },
  }
}

/** A string of TOML. */
function text(value: string): string {
  return JSON.stringify(value)
}

function merged(base: Settings, changes: Settings): Settings {
  const names = new Set([...Object.keys(base), ...Object.keys(changes)])
  return Object.fromEntries([...names].map((name) => [name, { ...base[name], ...changes[name] }]))
}

function toml(settings: Settings): string {
  return Object.entries(settings)
    .map(([section, values]) => [
      `[${section}]`,
      ...Object.entries(values).map(([name, value]) => `${name} = ${value}`),
    ])
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}
