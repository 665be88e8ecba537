import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { within } from '../../patience.ts'
import type { TransportCase } from '../types.ts'

/** What a transport leaves behind in its process: nothing. */
export const processCases: readonly TransportCase[] = [
  {
    name: 'lets its process end by itself once everything is closed',
    needs: ['child'],
    async run({ child, patienceMs }) {
      assert.ok(child, 'the kit was given a program')
      const running = spawn(child.command, child.args, { stdio: ['ignore', 'pipe', 'inherit'] })
      try {
        const ended = once(running, 'exit')
        const [line] = await Promise.race([once(createInterface({ input: running.stdout }), 'line'), ended])
        assert.equal(line, 'closed', 'the program closes everything')
        const [code] = await within(ended, patienceMs, 'the end of a process that closed everything')
        assert.equal(code, 0)
      } finally {
        running.kill('SIGKILL')
      }
    },
  },
]
