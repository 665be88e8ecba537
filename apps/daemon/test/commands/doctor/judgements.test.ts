import { expect, test } from 'vitest'
import { judgeFileSystem, judgeSpace } from '../../../src/commands/doctor/disk-checks.ts'
import { judgeOpenFiles } from '../../../src/commands/doctor/limit-checks.ts'

test.each([
  [0x6969, 'fail', 'NFS'],
  [-0xacb2be, 'fail', 'CIFS'],
  [0x01021994, 'warn', 'tmpfs'],
  [0x794c7630, 'warn', 'container'],
  [0xef53, 'ok', 'local'],
])('file system %i: %s', (type, status, word) => {
  const finding = judgeFileSystem('/data', type)
  expect(finding.status).toBe(status)
  expect(finding.found).toContain(word)
})

test.each([
  [50 * 2 ** 20, 'fail'],
  [500 * 2 ** 20, 'warn'],
  [5 * 2 ** 30, 'ok'],
])('%i bytes free: %s', (free, status) => {
  expect(judgeSpace('/data', free).status).toBe(status)
})

test.each([
  ['Max open files            1024                 524288               files', ['warn']],
  ['Max open files            65536                524288               files', ['ok']],
  ['Max open files            unlimited            unlimited            files', ['ok']],
  ['', []],
])('limits %j', (limits, statuses) => {
  expect(judgeOpenFiles(limits, 10_000).map(({ status }) => status)).toEqual(statuses)
})
