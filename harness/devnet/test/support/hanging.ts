import { test } from 'vitest'
import { startAnvil } from '../../src/anvil.ts'

/* A test that never ends, for a test run that is killed. It says where anvil listens. */

test('hangs', async () => {
  const { rpcUrl } = await startAnvil()
  process.stderr.write(`anvil ${rpcUrl}\n`)
  setInterval(() => {}, 1_000)
  await new Promise(() => {})
})
