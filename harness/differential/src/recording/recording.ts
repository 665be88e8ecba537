import type { TimedCall } from '../calls/call.ts'
import type { Answer, Subjects } from '../sides/answers.ts'
import type { Side } from '../sides/side.ts'

/** An answer, with what it changed instead of all that is recorded afterwards. */
export interface RecordedAnswer {
  readonly reason: string
  readonly updates: readonly string[]
  readonly changed: readonly string[]
}

/** Calls, and what Perun's own contracts answered. */
export interface RecordedSequence extends Subjects {
  readonly name: string
  readonly calls: readonly TimedCall[]
  readonly answers: readonly RecordedAnswer[]
}

export interface Recording {
  /** What it was recorded from. */
  readonly source: string
  readonly sequences: readonly RecordedSequence[]
}

export const recordingFile = new URL('../../recordings/perun-eth-backend-0.6.0.json', import.meta.url)

/** What a side answers to calls, as it is recorded. */
export async function answersToRecord(
  side: Side,
  subjects: Subjects,
  calls: readonly TimedCall[],
): Promise<readonly RecordedAnswer[]> {
  let before: readonly string[] = []
  return (await side.ask(subjects, calls)).map(({ reason, updates, records }: Answer) => {
    // What was nothing or empty at first is not worth a line.
    const changed = records.filter((text) => !before.includes(text) && !(before.length === 0 && isNothing(text)))
    before = records
    return { reason, updates, changed }
  })
}

function isNothing(text: string): boolean {
  return text.endsWith(': nothing') || text.endsWith(': not settled') || text.endsWith(': 0')
}
