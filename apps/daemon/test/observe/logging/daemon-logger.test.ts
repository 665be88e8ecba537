import { WatcherError } from '@perun-watcher/core'
import { expect, test } from 'vitest'
import { daemonLogger } from '../../../src/observe/logging/daemon-logger.ts'
import { redactor } from '../../../src/observe/logging/redactor.ts'
import { captured } from '../../support/capture.ts'

function logs(format: 'auto' | 'pretty' | 'json', live = false) {
  const channel = captured({ isLive: live })
  const hidden = redactor()
  return { channel, hidden, logger: daemonLogger({ level: 'info', format, channel, redactor: hidden }) }
}

const failure = new WatcherError('STORE_FULL', 'The disk is full.', {
  details: ['Path /x.'],
  cause: new Error('no space', { cause: new TypeError('deep') }),
})

test('JSON has one object per line, with fields, code and causes of errors', () => {
  const { channel, logger } = logs('json')
  logger.info('Refuted', { version: 2n ** 70n, ok: true, left: 3, nothing: undefined })
  logger.error('Not stored', {}, failure)
  logger.debug('Too small a matter')
  const [first, second, ...rest] = channel
    .text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rest).toEqual([])
  expect(first).toMatchObject({
    level: 'info',
    message: 'Refuted',
    fields: { version: `${2n ** 70n}`, ok: true, left: 3 },
  })
  expect(Date.parse(first.time)).not.toBeNaN()
  expect(second).toMatchObject({
    level: 'error',
    error: {
      code: 'STORE_FULL',
      message: 'The disk is full. Path /x.',
      cause: { message: 'no space', cause: { name: 'TypeError' } },
    },
  })
})

test('auto is pretty where a person may look, and JSON elsewhere', () => {
  for (const live of [true, false]) {
    const { channel, logger } = logs('auto', live)
    logger.warn('Low', { balance: 1n })
    expect(channel.text().startsWith('{')).toBe(!live)
    if (live) expect(channel.text()).toMatch(/^[\d:.]{12} WARN {2}Low balance=1\n$/)
  }
})

test.each(['pretty', 'json'] as const)('%s is bounded and moves no cursor, whatever a client says', (format) => {
  const { channel, logger } = logs(format)
  const wild = `\u001b[2J\r${'x'.repeat(1_000_000)}`
  logger.error('Refused', { said: wild }, new Error(wild, { cause: new Error(wild) }))
  expect(channel.text().length).toBeLessThan(20_000)
  expect(channel.text()).not.toContain('\u001b')
  expect(channel.text()).not.toContain('\r')
})

test.each(['pretty', 'json'] as const)('%s shows no secret, in fields, messages, errors and causes', (format) => {
  const { channel, hidden, logger } = logs(format)
  const secret = 'pass"word\\1234'
  hidden.hide(secret)
  hidden.hide('short')
  hidden.hide(undefined)
  logger.error(`a ${secret} b`, { field: secret }, new Error(secret, { cause: new Error(`in ${secret}`) }))
  logger.info('short is no secret')
  expect(channel.text()).not.toMatch(/pass.*word/)
  expect(channel.text()).toContain('(hidden)')
  expect(channel.text()).toContain('short is no secret')
})
