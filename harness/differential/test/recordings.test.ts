import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRecording } from '../src/recording/read-recording.ts'
import { answersToRecord, type RecordedSequence } from '../src/recording/recording.ts'
import { type Arena, openArena } from '../src/sides/arena.ts'
import type { Side } from '../src/sides/side.ts'

// What Perun's own contracts answered once, call by call, is what the model and the devnet's contracts must answer.

const { sequences } = await readRecording()
const named = sequences.map((sequence) => [sequence.name, sequence] as const)

let arena: Arena

beforeAll(async () => {
  arena = await openArena()
})
afterAll(() => arena[Symbol.asyncDispose]())

function sideOf(name: string): Side {
  const side = arena.sides.find((one) => one.name === name)
  if (side === undefined) throw new Error(`There is no ${name}.`)
  return side
}

async function expectRecorded(side: Side, { channels, calls, answers }: RecordedSequence): Promise<void> {
  expect(await answersToRecord(side, { channels }, calls)).toEqual(answers)
}

describe('as Perun answered, the model answers', () => {
  test.each(named)('%s', (_, sequence) => expectRecorded(sideOf('model'), sequence))
})

describe('as Perun answered, the contracts of the devnet answer', () => {
  test.each(named)('%s', (_, sequence) => expectRecorded(sideOf('devnet'), sequence))
})

test('Perun still answers as it was recorded, where Go can fetch it', async ({ skip }) => {
  const { real } = arena
  if (typeof real === 'string') return skip(real)
  for (const sequence of sequences) await expectRecorded(real, sequence)
})
