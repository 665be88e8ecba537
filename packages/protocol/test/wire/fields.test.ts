import { expect, it } from 'vitest'
import { bytesOf } from '../../src/wire/fields.ts'

it('takes nothing for bytes that is not hexadecimal to its end', () => {
  expect(bytesOf('0x00ff', 'state')).toEqual(Buffer.from([0, 255]))
  for (const odd of ['0x0', '0x00zz', '0xzz00'] as const) {
    expect(() => bytesOf(odd, 'state.appData'), odd).toThrow(expect.objectContaining({ code: 'STATE_MALFORMED' }))
  }
})
