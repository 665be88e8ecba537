import { expect, test } from 'vitest'
import { type Declaration, declarations } from '../../../src/observe/metrics/declarations.ts'

const all: readonly (readonly [string, Declaration])[] = Object.entries(declarations)
const histograms = all.filter(([, { type }]) => type === 'histogram')

test.each(histograms)(
  'the buckets of %s begin at 0 or above, each higher than the one before',
  (_, { buckets = [] }) => {
    expect(buckets.length).toBeGreaterThan(1)
    expect(buckets[0]).toBeGreaterThanOrEqual(0)
    expect([...new Set(buckets)].sort((a, b) => a - b)).toEqual(buckets)
  },
)
