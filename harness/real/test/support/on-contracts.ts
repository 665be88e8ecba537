import type { DevnetOptions } from '@perun-watcher/devnet'
import { describe } from 'vitest'
import { devnetCode } from '../../src/devnet-code.ts'
import { perunBytecode } from '../../src/perun-bytecode.ts'

/** Contracts to run a devnet on. */
type Code = NonNullable<DevnetOptions['code']>

/** The same tests on the devnet's contracts and, where Go can fetch them, on Perun's own; else these are skipped, with the reason. */
export async function onBothContracts(tests: (code: Code) => void): Promise<void> {
  describe("the devnet's contracts", () => tests({}))
  await onPerunsContracts(tests)
}

export async function onPerunsContracts(tests: (code: Code) => void): Promise<void> {
  const bytecode = await perunBytecode()
  if ('missing' in bytecode) describe.skip(`Perun's contracts: ${bytecode.missing}`, () => tests({}))
  else describe("Perun's contracts", () => tests(devnetCode(bytecode)))
}
