import * as AbiItem from 'ox/AbiItem'
import { describe, expect, it } from 'vitest'
import { channelUpdateTopic, v1Abi, v1Selectors } from '../../src/codec/v1-abi.ts'

const functions = v1Abi.filter((item) => item.type === 'function')

describe('the interface of generation v1', () => {
  it('has the selectors of the deployed contract', () => {
    expect(v1Selectors).toEqual({
      register: '0xe9aa7e02',
      progress: '0x4c8a2c90',
      conclude: '0xe7c01d05',
      concludeFinal: '0x75a87223',
      channelID: '0xdb77bb27',
      hashState: '0x7a114d3d',
      disputes: '0x11be1997',
    })
  })

  it.each(functions)('has types of $name that give its selector', (item) => {
    expect(AbiItem.getSelector(item)).toBe(v1Selectors[item.name])
  })

  it('has the event whose topic the deployed contract logs', () => {
    const [event] = v1Abi.filter((item) => item.type === 'event')
    expect(event && AbiItem.getSignatureHash(event)).toBe(channelUpdateTopic)
    expect(channelUpdateTopic).toBe('0x895ef5a5fc3efd313a300b006d6ce97ff0670dfe04f6eea90417edf924fa786b')
  })
})
