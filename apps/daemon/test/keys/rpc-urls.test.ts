import { secretsOf } from '@perun-watcher/chain-evm/internal'
import { expect, test } from 'vitest'
import { redactor } from '../../src/observe/logging/redactor.ts'

const key = '0123456789abcdef0123456789abcdef'

test.each([
  [`https://mainnet.example/v3/${key}`, `invalid project id ${key}`],
  [`https://example.org/rpc?network=ethereum&dkey=${key}`, `unknown key "${key}"`],
  [`wss://someone:${key}@example.org/`, `password ${key} is wrong`],
  [`https://example.org/a%20b${key}`, `no such app "a b${key}"`],
])('hides the key of %s also where a node repeats it alone', (url, text) => {
  const hidden = redactor()
  for (const secret of secretsOf(url)) hidden.hide(secret)
  expect(hidden.clean(`${text}, see ${url}`)).not.toContain(key)
})

test('hides no words of a URL', () => {
  expect(secretsOf('https://rpc.example/')).toEqual([])
  expect(secretsOf('https://rpc.example/eth/mainnet')).toEqual(['https://rpc.example/eth/mainnet'])
})
