import { describe, expect, it } from 'vitest'
import { type Findings, violationsOf } from '../src/hostile/verdict.ts'

const bounds = { channels: 40, memoryMiB: 700, logLinesPerMinute: 400 }
const well: Findings = {
  failures: [],
  channels: [{ acknowledged: 9n, held: 9n }],
  mostChannels: 40,
  memoryMiB: 200,
  logLines: 600,
  minutes: 0.5,
}

describe('the verdict on an attack', () => {
  it('is clean where every promise was kept', () => {
    expect(violationsOf(well, bounds)).toEqual([])
  })

  it('says nothing of memory where the system does not tell', () => {
    expect(violationsOf({ ...well, memoryMiB: undefined }, bounds)).toEqual([])
  })

  it.each<[string, Partial<Findings>]>([
    ['the daemon ended', { failures: ['the daemon ended with 1'] }],
    ['version 9 was acknowledged, 8 is held', { channels: [{ acknowledged: 9n, held: 8n }] }],
    ['version 9 was acknowledged, undefined is held', { channels: [{ acknowledged: 9n, held: undefined }] }],
    ['a hostile client has 41 of 40 channels', { mostChannels: 41 }],
    ['the daemon took 701 of 700 MiB', { memoryMiB: 701 }],
    ['the daemon took NaN of 700 MiB', { memoryMiB: Number.NaN }],
    ['the daemon logged 601 of 600 lines', { logLines: 601 }],
  ])('says that %s', (sentence, changed) => {
    expect(violationsOf({ ...well, ...changed }, bounds)).toEqual([expect.stringContaining(sentence)])
  })
})
