import { describe, expect, it } from 'vitest'
import type { EventSink } from '../../../src/adapter.ts'
import { type Logger, memoryStore, watcherEngine } from '../../../src/index.ts'
import { modelChain, registers, testChannel } from '../../../src/testing/index.ts'
import { settle, testClock } from '../../support/setup.ts'

const fails = (): never => {
  throw new TypeError('Do not know how to serialize a BigInt')
}
const rejects = (): Promise<never> => Promise.reject(new Error('The disk is full.'))

const loggerOf = (report: () => unknown): Logger => ({
  trace: report,
  debug: report,
  info: report,
  warn: report,
  error: report,
})

const loggers: Readonly<Record<string, Logger>> = {
  'that throws': loggerOf(fails),
  'that rejects': loggerOf(rejects),
  // What a caller without types may hand in.
  'of another shape': JSON.parse('{}'),
}

const sinks: Readonly<Record<string, EventSink>> = {
  'that throws': { push: fails, end: fails },
  'that rejects': { push: rejects, end: rejects },
}

async function isRefuted(logger: Logger | undefined, sink: EventSink): Promise<void> {
  const chain = modelChain()
  const store = memoryStore()
  const clock = testClock()
  const engine = watcherEngine({ chain, store, clock, random: () => 0.5, logger }, { refuteDepth: 0n })
  await engine.start()
  const channel = testChannel()
  const [watch] = [
    await engine.startWatching(channel.signed(5n), sink),
    await engine.startWatching(channel.signed(5n), sink),
  ]
  let failures = 0
  chain.faults.send = () => {
    if (failures++ < 2) throw new Error('connection refused')
  }
  chain.mine({ calls: [registers(channel.signed(1n))] })
  for (let block = 0; block < 4; block++) {
    await settle()
    await clock.pass(12_000)
    chain.mine()
  }
  await settle()
  expect(chain.dispute(channel.id)?.version).toBe(5n)
  await watch.stop()
  await engine.shutdown()
}

describe('D11: what the caller hands in', () => {
  it.each(Object.entries(loggers))('a logger %s stops no refutation, no stop and no shutdown', async (_, logger) => {
    await isRefuted(logger, { push() {}, end() {} })
  })

  it.each(Object.entries(sinks))('a sink %s stops none either', async (_, sink) => {
    await isRefuted(undefined, sink)
  })
})
