import assert from 'node:assert/strict'
import type { Store } from '@perun-watcher/core/adapter'
import { refused } from '../../assert.ts'
import { type RunningChild, startChild } from '../process.ts'
import { sample } from '../samples.ts'
import { compileShim, type Shim } from '../stoppable-disk.ts'
import { ledgerId, type StoreCase, type StoreContext } from '../types.ts'

function start({ child, place }: StoreContext, shim?: Shim): RunningChild {
  assert.ok(child && place.location !== undefined, 'the kit was given a program and a location')
  return startChild(child, place.location, shim)
}

/** Sends a command to the child and waits for its answer to exactly that. */
async function done(child: RunningChild, command: string): Promise<void> {
  child.tell(command)
  assert.equal(await child.next(), `done ${command}`)
}

const channels = 4
const acknowledgements = 200

/** A commit of which the child has said that it is done. */
interface Acknowledged {
  readonly number: number
  readonly version: bigint
  readonly line: number
}

/** The newest state of the line, and what was kept with it. */
async function assertHeld(store: Store, { number, version, line }: Acknowledged): Promise<void> {
  const { id, held } = sample(number)
  const channel = await store.load(id)
  const newest = line === 0 ? channel?.newest : channel?.otherLines[0]?.newest
  const where = `channel ${number}, line ${line},`
  assert.ok(newest && newest.state.version >= version, `${where} lost acknowledged version ${version}`)
  assert.deepEqual(newest, held(newest.state.version), 'the state is whole')
  const before = held(version - 1n)
  const kept = await store.kept(id, line, version - 1n, before.hash)
  assert.deepEqual(kept, before, `${where} lost what was kept with version ${version}`)
}

/** What must hold when processes are killed and disks are slow. */
export const processCases: readonly StoreCase[] = [
  {
    name: 'loses nothing acknowledged when its process is killed',
    needs: ['durable', 'child'],
    async run(context) {
      await using child = start(context)
      assert.equal(await child.next(), 'open')
      for (let number = 0; number < channels; number++) {
        await done(child, `create ${number} 0`)
        await done(child, `line ${number} 0`)
      }
      const told = acknowledgements * 4
      for (let version = 1; version <= told; version++) {
        child.tell(`keep ${version % channels} ${version} ${Math.floor(version / channels) % 2}`)
      }
      const acknowledged: Acknowledged[] = []
      for (let count = 0; count < acknowledgements; count++) {
        const [verdict, , number, version, line] = (await child.next()).split(' ')
        assert.equal(verdict, 'done')
        acknowledged.push({ number: Number(number), version: BigInt(version ?? -1), line: Number(line) })
      }
      await child.kill()
      const store = await context.open()
      for (const each of acknowledged) await assertHeld(store, each)
    },
  },
  {
    name: 'lets no other process in while it is open, and the next one once it is killed',
    needs: ['durable', 'child'],
    async run(context) {
      const { place, open } = context
      await using owner = start(context)
      assert.equal(await owner.next(), 'open')
      await done(owner, 'create 1 5')
      await using second = place.store()
      await refused(second.open([ledgerId]), ['STORE_LOCKED'], 'opening it while another process has it')
      await done(owner, 'publish 1 6')
      await owner.kill()
      const store = await open()
      assert.equal((await store.load(sample(1).id))?.newest.state.version, 6n)
      await using late = start(context)
      assert.equal(await late.next(), 'refused STORE_LOCKED', 'the other way round')
    },
  },
  {
    name: 'acknowledges a commit only once it is on disk, and reads while the disk is slow',
    needs: ['durable', 'child', 'stoppable disk'],
    async run(context) {
      await using shim = await compileShim()
      await using child = start(context, shim)
      assert.equal(await child.next(), 'open')
      await done(child, 'create 1 1')
      const isHeld = child.disk.hold()
      child.tell('publish 1 2')
      const answer = child.next()
      const first = await Promise.race([isHeld, answer])
      assert.equal(first, undefined, 'acknowledged without waiting for the disk')
      let next: Promise<string> = answer
      for (let count = 0; count < 20; count++) {
        // Answers come in order: an acknowledgement that did not wait for the disk would be among them. If the store cannot
        // read meanwhile, this never ends.
        child.tell('load 1')
        assert.equal(await next, 'done load 1', 'acknowledged while the disk was still busy')
        next = child.next()
      }
      child.disk.release()
      assert.equal(await next, 'done publish 1 2')
    },
  },
]
