import { expect, test } from 'vitest'
import { contractsOf } from '../src/contracts.ts'

test("without Go, Perun's own contracts are refused with the reason and what to do", async () => {
  const missing = contractsOf('real', async () => ({ missing: 'Go is not installed' }))
  await expect(missing).rejects.toThrow(/^There is no bytecode of Perun's own contracts: Go is not installed\.\n/)
  await expect(missing).rejects.toThrow(
    /What to do: Install Go .*, or leave out `--contract real`\.\nCode: DEMO_CONTRACT/,
  )
})

test("the devnet's contracts need nothing", async () => {
  const asked = contractsOf('devnet', () => Promise.reject(new Error('Nobody needs Go.')))
  expect(await asked).toEqual({ name: 'devnet', code: {} })
})
