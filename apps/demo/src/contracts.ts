import type { DevnetOptions } from '@perun-watcher/devnet'
import { devnetCode, perunBytecode } from '@perun-watcher/real'
import { DemoError } from './demo-error.ts'

/** Whose contracts the demo's chain runs on: those of this repository, or Perun's own. */
export const contractNames = ['devnet', 'real'] as const

export type ContractName = (typeof contractNames)[number]

export interface DemoContracts {
  readonly name: ContractName
  /** What a devnet deploys instead of its own. */
  readonly code: NonNullable<DevnetOptions['code']>
}

export const devnetContracts: DemoContracts = { name: 'devnet', code: {} }

/** @throws DemoError `DEMO_CONTRACT` if they cannot be had here. */
export async function contractsOf(name: ContractName, fetch = perunBytecode): Promise<DemoContracts> {
  if (name === 'devnet') return devnetContracts
  const bytecode = await fetch()
  if (!('missing' in bytecode)) return { name, code: devnetCode(bytecode) }
  throw new DemoError(
    'DEMO_CONTRACT',
    `There is no bytecode of Perun's own contracts: ${bytecode.missing}.`,
    'Install Go (https://go.dev/dl), which fetches the module that holds it, or leave out `--contract real`.',
  )
}
