import { type Devnet, startDevnet } from '@perun-watcher/devnet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duel, type Met } from './support/duel.ts'
import { askMined } from './support/mined.ts'
import { reachable } from './support/reasons.ts'

// The model and the Solidity contract are made the same random calls and must give the same answers. More of them:
// DIFFERENTIAL_SEQUENCES; others: DIFFERENTIAL_SEED; a single one again: DIFFERENTIAL_ONLY, by its number.

const usual = 3000
const sequences = Number(process.env['DIFFERENTIAL_SEQUENCES'] ?? usual)
const seed = process.env['DIFFERENTIAL_SEED'] ?? '1'
const only = process.env['DIFFERENTIAL_ONLY']

/** Sequences that are drawn while the node works on as many others. */
const together = 16

let devnet: Devnet

beforeAll(async () => {
  devnet = await startDevnet({ automine: false, timestamp: 1_999_999_000, args: ['--no-request-size-limit'] })
})
afterAll(() => devnet.stop())

test.runIf(only !== undefined)('the sequence asked for', async () => {
  const { draw, fight } = duel(devnet, seed)
  await fight(await draw(Number(only)))
})

test('a sequence follows from seed and number alone', async () => {
  const { draw } = duel(devnet, seed)
  const first = await draw(3)
  await draw(4)
  await draw(40)
  expect(await draw(3)).toEqual(first)
  expect(await duel(devnet, seed).draw(3)).toEqual(first)
  expect(await duel(devnet, `${seed} other`).draw(3)).not.toEqual(first)
})

test.skipIf(only !== undefined)('model and contract agree on random calls', { timeout: 3_600_000 }, async () => {
  const { draw, fight } = duel(devnet, seed)
  const met = new Set<string>()
  const remember = (answers: readonly Met[]): void => {
    for (const { call, reason } of answers) met.add(`${call}: ${reason}`)
  }

  let fighting: Promise<unknown> = Promise.resolve()
  for (let first = 0; first < sequences; first += together) {
    const matches = []
    for (let number = first; number < Math.min(first + together, sequences); number++) matches.push(await draw(number))
    await fighting
    fighting = Promise.all(matches.map(async (match) => remember(await fight(match))))
    // It is waited for one round later; until then a failure is nobody's.
    fighting.catch(() => {})
  }
  await fighting

  const expected = Object.entries(reachable).flatMap(([call, reasons]) => reasons.map((reason) => `${call}: ${reason}`))
  const unexpected = [...met].filter((answer) => !expected.includes(answer))
  expect(unexpected, 'answers that are not in the list').toEqual([])
  const missed = expected.filter((answer) => !met.has(answer))
  // Fewer sequences than usual do not meet everything.
  if (sequences >= usual) expect(missed, 'answers that no call was given').toEqual([])
})

test.skipIf(only !== undefined)('transactions in mined blocks are answered the same', async () => {
  const { draw, fight } = duel(devnet, seed)
  for (let index = 0; index < 20; index++) await fight(await draw(index * 12), askMined)
})
