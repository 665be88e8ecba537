import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Where the benchmarks of this test put their stores. */
const place = mkdtempSync(join(tmpdir(), 'bench-test-'))
afterAll(() => rmSync(place, { recursive: true }))

interface Run {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly progress: string
}

/** As `pnpm bench` runs it. */
function bench(...args: string[]): Run {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'bench/src/cli/bench.ts', ...args],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: place },
    },
  )
  return { code: status, lines: stdout.trimEnd().split('\n'), progress: stderr }
}

const number = expect.any(Number)
const numbers = (...names: string[]): unknown =>
  expect.objectContaining(Object.fromEntries(names.map((name) => [name, number])))

describe('pnpm bench store', () => {
  it('ends with a line of figures, references and ratios', () => {
    const { code, lines, progress } = bench('store', '--json', '--in-flight', '5', '--versions', '4', '--rounds', '1')
    expect(code, progress).toBe(0)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      benchmark: 'store',
      machine: { cores: number, model: expect.any(String), platform: expect.any(String), node: process.version },
      settings: { channels: 5, versions: 4, rounds: 1 },
      figures: numbers(
        'publishesPerSecond',
        'coresUsed',
        'commitsPerSync',
        'syncsPerPublish',
        'fullLoadP50Ms',
        'fullLoadP99Ms',
        'halfLoadP50Ms',
        'halfLoadP99Ms',
      ),
      references: numbers(
        'checksPerSecondOneThread',
        'checksPerSecondTwoThreads',
        'verificationsPerSecondOneThread',
        'memoryStorePublishesPerSecond',
      ),
      ratios: numbers('ofChecksOneThread', 'ofChecksTwoThreads', 'ofChecksPerCpuSecond', 'ofMemoryStore'),
      conflation: { publishes: 100, verifications: 1, commits: 1 },
    })
  })
})

describe('pnpm bench scale', () => {
  it('ends with a line of figures and ratios per number of channels', () => {
    const { code, lines, progress } = bench(
      'scale',
      '--channels',
      '3,2000',
      '--blocks',
      '3',
      '--in-flight',
      '2',
      '--versions',
      '2',
    )
    expect(code, progress).toBe(0)
    const result: unknown = JSON.parse(lines.at(-1) ?? '')
    const figures = numbers(
      'restartSeconds',
      'heapMiB',
      'residentMiB',
      'mappedMiB',
      'cpuMsPerBlock',
      'publishP50Ms',
      'publishP99Ms',
    )
    const ratios = numbers('cpuPerBlockToOneChannel', 'memoryOfTarget', 'restartOfTarget', 'restartToSummariesAlone')
    expect(result).toMatchObject({
      benchmark: 'scale',
      reference: { channels: 1, rpcCallsInMostBlocks: 2, rpcCallsPerBlock: 2 },
      figures: [
        { channels: 3, rpcCallsInMostBlocks: 2, rpcCallsPerBlock: 2 },
        { channels: 2_000, rpcCallsInMostBlocks: 2, rpcCallsPerBlock: 2 },
      ],
      ratios: [{ channels: 3 }, { channels: 2_000 }],
    })
    expect(result).toMatchObject({ reference: figures, figures: [figures, figures], ratios: [ratios, ratios] })
  })

  it('leaves nothing behind', () => {
    expect(readdirSync(place).filter((name) => name.startsWith('perun-'))).toEqual([])
  })
})

describe('pnpm bench', () => {
  it.each([
    [['nonsense'], 'Say which benchmark.'],
    [['store', '--rounds', 'many'], '--rounds must be a whole number'],
  ])('refuses %s with a sentence', (args, sentence) => {
    const { code, progress } = bench(...args)
    expect(code).toBe(1)
    expect(progress).toContain(sentence)
  })
})
