import { say } from '@perun-watcher/harness-kit/output'
import { runProgram } from '@perun-watcher/harness-kit/program'
import { facts } from '../cases/facts.ts'
import { oddShapes } from '../cases/odd-shapes.ts'
import { tell } from '../cases/stage.ts'
import { matchmaker } from '../match/duel.ts'
import { answersToRecord, type RecordedSequence } from '../recording/recording.ts'
import { writeRecording } from '../recording/write-recording.ts'
import { openArena } from '../sides/arena.ts'

/** Random sequences besides those that somebody thought of. */
const sampled = 36
const seed = 'recorded'
/** So that no two are about the same family. */
const stride = 12

/** `pnpm --dir harness/differential record`: asks Perun's own contracts, and writes down what they say. */
async function record(): Promise<number> {
  await using arena = await openArena()
  const { real, addresses, model } = arena
  if (typeof real === 'string') {
    say(`There is nothing to record from: ${real}`)
    return 1
  }
  const sequences: RecordedSequence[] = []
  for (const { name, channels, calls } of await tell({ ...oddShapes, ...facts }, addresses)) {
    sequences.push({ name, channels, calls, answers: await answersToRecord(real, { channels }, calls) })
  }
  const draw = matchmaker(seed, addresses, model)
  for (let number = 0; number < sampled; number++) {
    const { family, calls } = await draw(number * stride)
    const channels = family.channels.map(({ name, id, params }) => ({ name, id, params }))
    const name = `D13: sample ${number}`
    sequences.push({ name, channels, calls, answers: await answersToRecord(real, { channels }, calls) })
  }
  const source = "Perun's own contracts of perun-eth-backend v0.6.0 (commit 3106abe, Apache-2.0), run on anvil"
  await writeRecording({ source, sequences })
  say(`${sequences.length} sequences recorded`)
  return 0
}

runProgram(record)
