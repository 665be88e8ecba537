import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duel } from './support/duel.ts'
import { reachable } from './support/reasons.ts'

// The model and the Solidity contract are made the same random calls and must give the same answers. More of them:
// DIFFERENTIAL_SEQUENCES; others: DIFFERENTIAL_SEED; a single one again: DIFFERENTIAL_ONLY, by its number.

const sequences = Number(process.env['DIFFERENTIAL_SEQUENCES'] ?? 3000)
const seed = process.env['DIFFERENTIAL_SEED'] ?? '1'
const only = process.env['DIFFERENTIAL_ONLY']

/** Sequences that are drawn while the node works on as many others. */
const together = 16

let devnet: Devnet

beforeAll(async () => {
  devnet = await startDevnet({ automine: false, timestamp: 1_999_999_000, args: ['--no-request-size-limit'] })
})
afterAll(() => devnet.stop())

test.skipIf(only === undefined)('the sequence asked for', async () => {
  const { draw, fight } = duel(devnet, seed)
  await fight(await draw(Number(only)))
})

test.skipIf(only !== undefined)('model and contract agree on random calls', { timeout: 3_600_000 }, async () => {
  const { draw, fight } = duel(devnet, seed)
  const met = new Map<string, number>()
  let fighting: Promise<unknown> = Promise.resolve()
  for (let first = 0; first < sequences; first += together) {
    const matches = []
    for (let number = first; number < Math.min(first + together, sequences); number++) matches.push(await draw(number))
    await fighting
    fighting = Promise.all(
      matches.map(async (match) => {
        for (const { call, reason } of await fight(match))
          met.set(`${call}: ${reason}`, (met.get(`${call}: ${reason}`) ?? 0) + 1)
      }),
    )
    // Waited for one round later; a failure until then is no unhandled one.
    fighting.catch(() => {})
  }
  await fighting
  const expected = Object.entries(reachable).flatMap(([call, reasons]) => reasons.map((reason) => `${call}: ${reason}`))
  expect(
    expected.filter((answer) => !met.has(answer)),
    'never met',
  ).toEqual([])
  expect(
    [...met.keys()].filter((answer) => !expected.includes(answer)),
    'not in the list',
  ).toEqual([])
})
