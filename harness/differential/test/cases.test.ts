import { afterAll, beforeAll, expect, test } from 'vitest'
import { facts } from '../src/cases/facts.ts'
import { oddShapes } from '../src/cases/odd-shapes.ts'
import { tell } from '../src/cases/stage.ts'
import { type Arena, openArena } from '../src/sides/arena.ts'

// What each call of a story is answered: by the model, by the devnet's contracts, and by Perun's own where they are here.

let arena: Arena

beforeAll(async () => {
  arena = await openArena()
})
afterAll(() => arena[Symbol.asyncDispose]())

test.each(Object.entries({ ...facts, ...oddShapes }))('%s', async (name, story) => {
  const [told] = await tell({ [name]: story }, arena.addresses)
  if (told === undefined) throw new Error('Nothing was told.')
  const { channels, calls, reasons } = told
  for (const side of arena.sides) {
    const answers = await side.ask({ channels }, calls)
    expect(
      answers.map(({ reason }) => reason),
      side.name,
    ).toEqual(reasons)
  }
})
