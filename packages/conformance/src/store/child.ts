import { createInterface } from 'node:readline'
import { isWatcherError } from '@perun-watcher/core'
import type { Store, StoreChange } from '@perun-watcher/core/adapter'
import { alice, type Sample, sample } from './samples.ts'
import { ledgerId } from './types.ts'

/**
 * The program that the kit starts and kills: write a script that calls this with your store, and pass the script as `child`
 * to the kit. It reads commands line by line from standard input and answers on standard output.
 */
export async function storeChild(make: (location: string) => Store): Promise<void> {
  const store = make(process.argv.at(-1) ?? '')
  const say = (line: string): boolean => process.stdout.write(`${line}\n`)
  try {
    await store.open([ledgerId])
    await store.bind(ledgerId)
    say('open')
  } catch (error) {
    say(`refused ${isWatcherError(error) ? error.code : String(error)}`)
    return
  }
  for await (const line of createInterface({ input: process.stdin })) obey(store, line, say)
}

/** Commands are not queued: the parent wants to see what is answered while a commit is in progress. */
function obey(store: Store, line: string, say: (line: string) => void): void {
  const [command, number = '0', version = '0', ofLine = '0'] = line.split(' ')
  const channel = sample(Number(number))
  const answer = (call: Promise<unknown>): void => {
    call.then(
      () => say(`done ${line}`),
      (error: unknown) => say(`failed ${line}: ${String(error)}`),
    )
  }
  if (command === 'create') answer(store.commit([channel.create(BigInt(version))]))
  if (command === 'publish') answer(store.commit([channel.newest(BigInt(version))]))
  // As a watcher does with a channel that may be locked: what was newest is kept, and is an older state of the line.
  if (command === 'keep') answer(store.commit(keeping(channel, BigInt(version), Number(ofLine))))
  if (command === 'line') answer(store.commit([lineOf(channel, BigInt(version))]))
  if (command === 'load') answer(store.load(channel.id))
}

/** A line besides the first. */
const lineOf = ({ id, held }: Sample, version: bigint): StoreChange => {
  return { type: 'createLine', id, line: 1, clients: [alice], newest: held(version) }
}

/** The state with this version becomes the newest of a line, and the one before it is kept. */
function keeping({ id, held, newest }: Sample, version: bigint, line: number): readonly StoreChange[] {
  const before = held(version - 1n)
  return [
    newest(version, line),
    { type: 'putKept', id, line, held: before },
    { type: 'putOlder', id, line, older: [before] },
  ]
}
