import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { TransportCase } from '../types.ts'

/** What a transport leaves behind in its process: nothing. */
export const processCases: readonly TransportCase[] = [
  {
    name: 'lets its process end by itself once everything is closed',
    needs: ['child'],
    async run({ child, startProcess }) {
      assert.ok(child, 'the kit was given a program')
      const running = startProcess(child)
      const ended = once(running, 'exit')
      const [line] = await Promise.race([once(createInterface({ input: running.stdout }), 'line'), ended])
      assert.equal(line, 'closed', 'the program closes everything')
      const [code] = await ended
      assert.equal(code, 0)
    },
  },
]
