import { WatcherError } from '@perun-watcher/core'
import { serveParent } from '../../src/serve-parent.ts'
import type { EchoAnswer, EchoCommand, EchoSettings } from './echo-protocol.ts'

/* A child that does what the tests of `startChild` need. */

serveParent<EchoSettings, EchoCommand, EchoAnswer>({
  async start({ greeting, failure }, notice) {
    if (failure !== undefined) throw new Error(failure)
    notice(greeting)
    return async (command) => {
      switch (command.type) {
        case 'add':
          return { sum: command.numbers.reduce((sum, number) => sum + number, 0n) }
        case 'refuse':
          throw command.code === undefined ? new Error('no') : new WatcherError(command.code, 'no')
        case 'hang':
          return await new Promise<never>(() => {})
        case 'leave':
          return { sum: 0n }
      }
    }
  },
  isLast: ({ type }) => type === 'leave',
})
