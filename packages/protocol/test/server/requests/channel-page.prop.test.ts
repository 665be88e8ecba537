import { type ChannelId, parseChannelId } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { channelPage, longestPage } from '../../../src/server/requests/channel-page.ts'

const idOf = (number: number): ChannelId => parseChannelId(`0x${number.toString(16).padStart(64, '0')}`)

describe('a page of channels', () => {
  it('is what sorting all of them gives', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 300 }), { maxLength: 200 }),
        fc.option(fc.nat({ max: 300 }), { nil: undefined }),
        fc.integer({ min: 1, max: 20 }),
        (numbers, last, limit) => {
          const after = last === undefined ? undefined : idOf(last)
          const rest = numbers
            .map(idOf)
            .sort()
            .filter((id) => after === undefined || id > after)
          expect(channelPage(numbers.map(idOf), after, limit)).toEqual({
            ids: rest.slice(0, limit),
            more: rest.length > limit,
          })
        },
      ),
    )
  })

  it('is never longer than fits into a message, whatever is asked for', () => {
    const all = Array.from({ length: longestPage + 1 }, (_, number) => idOf(number))
    for (const limit of [0, longestPage, 2 ** 32 - 1]) {
      expect(channelPage(all, undefined, limit)).toEqual({ ids: all.slice(0, longestPage), more: true })
    }
  })
})
