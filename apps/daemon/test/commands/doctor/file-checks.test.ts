import { chmodSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkSecretFile } from '../../../src/commands/doctor/file-checks.ts'
import { temporaryFolder } from '../../support/run-main.ts'

test.each([
  [0o600, 'ok', 'is readable by its owner only.'],
  [0o400, 'ok', 'is readable by its owner only.'],
  [0o640, 'fail', 'can be read by others (mode 640).'],
  [0o604, 'fail', 'can be read by others (mode 604).'],
])('a key with mode %o: %s', async (mode, status, found) => {
  using folder = temporaryFolder()
  const path = folder.in('key')
  writeFileSync(path, '')
  chmodSync(path, mode)
  expect(await checkSecretFile({ option: 'account', path })).toMatchObject({ status, found: `${path} ${found}` })
})

test('a key that is not there is named with what to do', async () => {
  using folder = temporaryFolder()
  const finding = await checkSecretFile({ option: 'account', path: folder.in('key') })
  expect(finding).toMatchObject({ status: 'fail', found: expect.stringContaining(folder.in('key')) })
})
