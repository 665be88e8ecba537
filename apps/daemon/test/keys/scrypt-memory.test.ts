import { randomBytes, scryptSync } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { mostScryptMemory, type ScryptParameters, scryptMemory } from '../../src/keys/scrypt-memory.ts'

const parameters: readonly ScryptParameters[] = [
  { N: 2, r: 1, p: 1 },
  { N: 4, r: 1, p: 7 },
  { N: 16, r: 8, p: 1 },
  { N: 1024, r: 3, p: 5 },
]

// A refusal stays in OpenSSL's queue of errors, where the next key that is read would fail by it; this empties the queue.
afterEach(() => void randomBytes(1))

test.each(parameters)('OpenSSL accepts the bytes counted for N=$N, r=$r, p=$p, and not one less', (tried) => {
  const derive = (maxmem: number) => scryptSync('password', 'salt', 32, { ...tried, maxmem })
  const memory = scryptMemory(tried)
  expect(derive(memory)).toHaveLength(32)
  expect(() => derive(memory - 1)).toThrow('memory limit exceeded')
})

// Deriving these keys would take that much memory, so only the count is compared.
test.each<[string, ScryptParameters]>([
  ['geth', { N: 2 ** 18, r: 8, p: 1 }],
  ['ethers, at 2^20', { N: 2 ** 20, r: 8, p: 1 }],
  ['2^20, in parallel', { N: 2 ** 20, r: 8, p: 8 }],
])('a keystore of %s is within the limit', (_, strong) => {
  expect(scryptMemory(strong)).toBeLessThanOrEqual(mostScryptMemory)
})

test('twice the cost is above the limit', () => {
  expect(scryptMemory({ N: 2 ** 21, r: 8, p: 1 })).toBeGreaterThan(mostScryptMemory)
})
