import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))

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
    ['--import', 'tsx', 'harness/bench/src/cli/bench.ts', ...args],
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
})

describe('pnpm bench remote', () => {
  const [connections, channels, versions, rounds] = [3, 7, 3, 2]
  const sizes = { connections, 'in-flight': channels, versions, rounds, idle: 8 }

  it('ends with a line of figures that fit each other', () => {
    const args = Object.entries(sizes).flatMap(([name, size]) => [`--${name}`, `${size}`])
    const { code, lines, progress } = bench('remote', '--json', ...args)
    expect(code, progress).toBe(0)
    expect(lines).toHaveLength(1)
    const result = JSON.parse(lines[0] ?? '')
    const throughput = numbers(
      'published',
      'perSecond',
      'share',
      'shareOfTwoThreads',
      'shareByCpu',
      'shareByCpuOfTwoThreads',
      'p50Ms',
      'p99Ms',
    )
    expect(result).toEqual({
      ...result,
      benchmark: 'remote',
      settings: { connections, channels, versions, rounds, idle: 8 },
      published: channels * versions * rounds,
      withReceipts: throughput,
      withReceiptsAndLibraryClients: throughput,
      cpuMsPerPublish: numbers(
        'check',
        'checkOfTwoThreads',
        'server',
        'clients',
        'serverWithReceipts',
        'libraryClients',
      ),
      coresUsed: numbers('check', 'server', 'clients'),
      batches: numbers('publishesPerSync', 'commitsPerSync'),
      memoryPerIdleClientKiB: numbers('resident', 'heap'),
    })
    expect(result).toEqual(throughput)
    expect(result).toEqual(numbers('signatureLimitPerSecond', 'signatureLimitOfTwoThreadsPerSecond'))
    expect(result.p50Ms).toBeLessThanOrEqual(result.p99Ms)
    expect(result.halfLoadP50Ms).toBeLessThanOrEqual(result.halfLoadP99Ms)
    // Each layer adds something to what the one above it says.
    expect(result.bytesPerPublish.toServer).toBeGreaterThan(result.messageBytesPerPublish.toServer)
    expect(result.bytesPerPublish.toClient).toBeGreaterThan(result.messageBytesPerPublish.toClient)
    expect(result.bytesPerPublishWithReceipt.toClient).toBeGreaterThan(result.bytesPerPublish.toClient)
    // A state is stored once, and two signatures are longer than a hundred bytes.
    expect(result.batches.publishesPerSync).toBe(result.batches.commitsPerSync)
    expect(result.messageBytesPerPublish.toServer).toBeGreaterThan(100)
  })
})

describe('pnpm bench blocks', () => {
  it('ends with a line of what a block costs, and how soon an old state is answered', () => {
    const { code, lines, progress } = bench(
      'blocks',
      '--json',
      '--channels',
      '50',
      '--blocks',
      '4',
      '--disputes',
      '2',
      '--in-flight',
      '2',
    )
    expect(code, progress).toBe(0)
    const { figures, reference, ratios } = JSON.parse(lines.at(-1) ?? '')
    expect(figures).toEqual(numbers('channels', 'callsPerBlock', 'cpuMsPerBlock', 'reactionP50Ms', 'reactionP99Ms'))
    expect(reference).toEqual(numbers('channels', 'callsPerBlock', 'cpuMsPerBlock', 'roundTripMs'))
    expect(ratios.reactionP50InRoundTrips).toBeGreaterThan(1)
  })
})

describe('pnpm bench mass', () => {
  it('ends with a line that says how many channels were lost, and in how many blocks', () => {
    const { code, lines, progress } = bench(
      'mass',
      '--json',
      '--channels',
      '6',
      '--clients',
      '3',
      '--scenario',
      'eightAccounts',
    )
    expect(code, progress).toBe(0)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      channels: 6,
      lost: 0,
      figures: {
        eightAccounts: { channels: 6, lost: 0, bestBlocks: 1, blocks: number, rpcCalls: number, replacements: number },
      },
      ratios: { eightAccounts: number },
    })
  })
})

describe('pnpm bench sweep', () => {
  it('ends with a line of calls, with state overrides and without, and finds what is registered', () => {
    const { code, lines, progress } = bench('sweep', '--json', '--channels', '12000')
    expect(code, progress).toBe(0)
    expect(lines).toHaveLength(1)
    const result = JSON.parse(lines[0] ?? '')
    const { withOverrides, withoutOverrides } = result.figures
    expect(result).toMatchObject({ benchmark: 'sweep', settings: { channels: 12_000 }, references: {}, ratios: {} })
    expect(withOverrides).toMatchObject({ found: 20, milliseconds: number })
    expect(withOverrides.calls).toBeLessThanOrEqual(6)
    expect(withoutOverrides).toMatchObject({ found: 20, milliseconds: number })
    expect(withoutOverrides.calls).toBeLessThanOrEqual(14)
    expect(result.references.withOverrides.calls).toBe(withOverrides.calls)
  })
})

describe('pnpm bench', () => {
  it('leaves nothing behind', () => {
    expect(readdirSync(place).filter((name) => name.startsWith('perun-'))).toEqual([])
  })

  it.each([
    [['nonsense'], 'Say which benchmark.'],
    [['store', '--rounds', 'many'], '--rounds must be a whole number'],
  ])('refuses %s with a sentence', (args, sentence) => {
    const { code, progress } = bench(...args)
    expect(code).toBe(1)
    expect(progress).toContain(sentence)
  })
})
