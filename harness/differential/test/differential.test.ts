import { afterAll, beforeAll, expect, test } from 'vitest'
import { reachable } from '../src/calls/reasons.ts'
import { matchmaker } from '../src/match/duel.ts'
import { tournament } from '../src/match/tournament.ts'
import { type Arena, openArena } from '../src/sides/arena.ts'

// A short run of `pnpm differential`, which says how to run a failing sequence again. Perun's own contracts take part
// where Go can fetch them.

const sequences = 600
// With this one, so few meet every answer that there is.
const seed = '10'
const numbers = Array.from({ length: sequences }, (_, number) => number)

let arena: Arena

beforeAll(async () => {
  arena = await openArena()
})
afterAll(() => arena[Symbol.asyncDispose]())

test('a sequence follows from seed and number alone', async () => {
  const draw = matchmaker(seed, arena.addresses, arena.model)
  const first = await draw(3)
  await draw(4)
  await draw(40)
  expect(await draw(3)).toEqual(first)
  expect(await matchmaker(seed, arena.addresses, arena.model)(3)).toEqual(first)
  expect(await matchmaker(`${seed} other`, arena.addresses, arena.model)(3)).not.toEqual(first)
})

test('D13: model and contracts agree on random calls', { timeout: 3_600_000 }, async ({ annotate }) => {
  if (typeof arena.real === 'string') await annotate(`Perun's own contracts: ${arena.real}`)
  const { differences, met } = await tournament(arena, { seed, numbers, sides: arena.sides })
  expect(differences).toEqual([])

  const answers = met.map(({ call, reason }) => `${call}: ${reason}`)
  const expected = Object.entries(reachable).flatMap(([call, reasons]) => reasons.map((reason) => `${call}: ${reason}`))
  const unexpected = answers.filter((answer) => !expected.includes(answer))
  expect(unexpected, 'answers that are not in the list').toEqual([])
  const missed = expected.filter((answer) => !answers.includes(answer))
  expect(missed, 'answers that no call was given').toEqual([])
})

test('D13: contracts refuse damaged input in the same words', async ({ skip }) => {
  if (typeof arena.real === 'string') return skip(arena.real)
  const some = numbers.filter((number) => number % 12 === 0)
  const { sequences, differences, met } = await tournament(arena, { seed, numbers: some, sides: arena.garbledSides })
  expect(differences).toEqual([])
  expect(sequences).toBe(some.length)
  expect(met.map(({ reason }) => reason)).toContain('panic: memory allocation error (0x41)')
})

test('transactions in mined blocks are answered the same', async () => {
  const draw = matchmaker(seed, arena.addresses, arena.model)
  for (let index = 0; index < 20; index++) {
    const { family, calls } = await draw(index * 12)
    const answers = await Promise.all(arena.minedSides.map((side) => side.ask(family, calls)))
    for (const other of answers.slice(1)) expect(other).toEqual(answers[0])
  }
})
