import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chainPreset } from '@perun-watcher/chain-evm'
import { expect, test } from 'vitest'
import { chainUsage } from '../../src/chain/chain-usage.ts'
import { chainKinds } from '../../src/config/schema.ts'

test('each kind that the configuration knows has a preset, and each preset a kind', () => {
  for (const kind of chainKinds) {
    const { chainIds, by } = chainPreset(undefined, kind)
    expect(by).toBe('given')
    for (const id of chainIds) expect(chainPreset(id)).toMatchObject({ kind, by: 'chain-id' })
  }
})

test.each(chainKinds)('what the configuration says of a chain of kind %s goes before what is usual there', (kind) => {
  const id = Number(chainPreset(undefined, kind).chainIds[0])
  const usual = chainUsage({ id })
  expect(usual).toMatchObject({ kind, by: 'chain-id' })
  const own = {
    block_time: 700,
    finality_depth: 7,
    max_head_age: 9_000,
    max_transaction_size: 5_000,
    max_transaction_gas: 300_000,
  }
  expect(chainUsage({ id, ...own }, 3n)).toEqual({
    ...usual,
    blockSeconds: 0.7,
    finalityDepth: 7,
    maxHeadAgeMs: 9_000,
    limits: { bytes: 5_000, gas: 300_000n },
    leastTip: 3n,
  })
})

test('a chain that nobody knows has the limits of Ethereum, and no time between blocks', () => {
  const { limits, finalityDepth, leastTip } = chainUsage({ id: 1 })
  expect(chainUsage({ id: 987_654 })).toMatchObject({ limits, finalityDepth, leastTip, by: 'unknown', isLive: false })
  expect(chainUsage({ id: 987_654 }).blockSeconds).toBeUndefined()
})

test('no chain may stand still for long, by the time between its blocks', () => {
  for (const kind of chainKinds) {
    const { blockSeconds, maxHeadAgeMs } = chainUsage({ kind })
    expect(maxHeadAgeMs).toBeLessThanOrEqual(120_000)
    expect(maxHeadAgeMs / 1_000).toBeGreaterThanOrEqual(10 * (blockSeconds ?? 0))
  }
})

test('docs/chains.md says what the presets say', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/chains.md', import.meta.url)), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|/gm)]
  expect(rows.map(([, kind]) => kind)).toEqual([...chainKinds])
  for (const [, kind, ids, block, depth, bytes, gas, silent] of rows) {
    const given = chainKinds.find((each) => each === kind)
    const usage = chainUsage({ kind: given })
    const said = {
      ids: ids?.match(/\d+/g)?.map(BigInt),
      block: block === '—' ? undefined : Number(block),
      depth: Number(depth),
      bytes: Number(bytes),
      gas: BigInt(gas ?? ''),
      silent: Number(silent),
    }
    expect(said).toEqual({
      ids: [...chainPreset(undefined, given).chainIds],
      block: usage.blockSeconds,
      depth: usage.finalityDepth,
      bytes: usage.limits.bytes,
      gas: usage.limits.gas,
      silent: usage.maxHeadAgeMs / 1_000,
    })
  }
})
