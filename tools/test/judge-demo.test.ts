import { describe, expect, it } from 'vitest'
import { judgeDemo } from '../lib/judge-demo.mjs'

const good = '{"cheats":2,"refuted":2,"balancesRight":true}'

describe('the verdict on the demo', () => {
  it('accepts lines of JSON that end well', () => {
    expect(judgeDemo(`{"event":"cheat"}\n${good}\n`)).toEqual([])
  })

  it.each([
    ['another line than JSON', `> header\n${good}\n`, 'line 1 is not JSON'],
    ['a cheat that got through', '{"cheats":2,"refuted":1,"balancesRight":true}', 'refuted 1 of 2'],
    ['wrong balances', '{"cheats":2,"refuted":2,"balancesRight":false}', 'wrong balances'],
    ['no cheat at all', '{"cheats":0,"refuted":0,"balancesRight":true}', 'no number of cheats'],
    ['nothing', '', 'no number of cheats'],
  ])('refuses %s', (_, output, problem) => {
    expect(judgeDemo(output)).toContainEqual(expect.stringContaining(problem))
  })
})
