import { expect, it } from 'vitest'
import { likelyFirst } from '../src/test-order.ts'

it('tests of the same name come first, then those nearby, and slow ones after their like', () => {
  const tests = [
    'packages/p/test/server/connections.test.ts',
    'packages/p/test/client/publish.prop.test.ts',
    'packages/p/test/client/publish.test.ts',
    'packages/p/test/client/watch.test.ts',
    'packages/p/test/all.test.ts',
    'packages/p/test/client/deep/else.test.ts',
  ]
  expect(likelyFirst('packages/p/src/client/publish.ts', tests)).toEqual([
    'packages/p/test/client/publish.test.ts',
    'packages/p/test/client/publish.prop.test.ts',
    'packages/p/test/client/watch.test.ts',
    'packages/p/test/all.test.ts',
    'packages/p/test/client/deep/else.test.ts',
    'packages/p/test/server/connections.test.ts',
  ])
})

it('leaves none out', () => {
  const tests = ['packages/p/test/b.test.ts', 'packages/p/test/a.test.ts']
  expect(likelyFirst('packages/p/src/index.ts', tests)).toEqual(tests.toReversed())
})
