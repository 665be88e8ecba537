import { type ModelResult, ModelRevert } from '@perun-watcher/core/testing'
import { dice } from '@perun-watcher/harness-kit/dice'
import { expect, test } from 'vitest'
import { simNotary } from '../../src/checks/judged.ts'
import { contract } from '../../src/judge/contract/contract.ts'
import type { Records } from '../../src/judge/contract/records.ts'
import { type Call, scene, takePaid } from './support/draw-call.ts'

const sequences = 500
const start = 1_000n
const judge = contract(simNotary())

function attempt(call: Call, records: Records, now: bigint): ModelResult | string {
  takePaid()
  try {
    return call.ofModel(records, now)
  } catch (error) {
    if (error instanceof ModelRevert) return error.message
    throw error
  }
}

/** Makes one call to both. @returns whether it was taken, and the records that both have now. */
function compare(call: Call, records: Records, now: bigint, number: number) {
  const expected = attempt(call, records, now)
  const answer = call.ofJudge(judge, records, now)
  const said = answer.type === 'taken' ? 'ok' : answer.rule
  const where = `sequence ${number}, ${call.name}: ${typeof expected === 'string' ? expected : 'ok'} / ${said}`
  expect(answer.type === 'taken', where).toBe(typeof expected !== 'string')
  if (answer.type === 'refused' || typeof expected === 'string') return { type: 'refused', records } as const
  expect([...answer.records], where).toEqual([...expected.disputes])
  if (answer.outcome !== undefined) expect(answer.outcome, where).toEqual(takePaid())
  return { type: 'taken', records: answer.records } as const
}

test("the judge's reading of the contract and core's model agree on random calls", () => {
  const met = new Map<string, number>()
  for (let number = 0; number < sequences; number++) {
    const own = dice(number)
    const draw = scene(own.fork('scene'))
    let records: Records = new Map()
    let now = start
    for (let index = 0; index < 12; index++) {
      now += BigInt(own.pick([0, 0, 1, 3, 6]))
      const call = draw(records)
      const answer = compare(call, records, now, number)
      records = answer.records
      const name = `${call.name} ${answer.type}`
      met.set(name, (met.get(name) ?? 0) + 1)
    }
  }
  for (const name of ['register', 'progress', 'conclude', 'concludeFinal']) {
    for (const type of ['taken', 'refused']) {
      expect(met.get(`${name} ${type}`) ?? 0, `${name} ${type}`).toBeGreaterThan(10)
    }
  }
})
