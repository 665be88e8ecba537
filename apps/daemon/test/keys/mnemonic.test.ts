import { randomBytes } from 'node:crypto'
import { HDNodeWallet, Mnemonic } from 'ethers'
import { expect, test } from 'vitest'
import { mnemonicKeys } from '../../src/keys/mnemonic.ts'
import { hexOf } from '../../src/keys/private-key.ts'

const junk = 'test test test test test test test test test test test junk'

test.each([16, 20, 24, 28, 32])('of %i random bytes: the same keys as ethers derives', async (length) => {
  const { phrase } = Mnemonic.fromEntropy(randomBytes(length))
  const root = HDNodeWallet.fromPhrase(phrase, '', "m/44'/60'/0'/0")
  const keys = await mnemonicKeys(phrase, 3)
  expect(keys?.map(hexOf)).toEqual([0, 1, 2].map((index) => root.deriveChild(index).privateKey))
})

test('whatever case the words have, and whatever is between them', async () => {
  const [key] = (await mnemonicKeys(junk, 1)) ?? []
  expect(key && hexOf(key)).toBe('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  expect(await mnemonicKeys(`\n  ${junk.toUpperCase().replaceAll(' ', '\t ')} `, 1)).toEqual([key])
})

test.each([
  ['a wrong checksum', junk.replace('junk', 'test')],
  ['a word that the list has not', junk.replace('junk', 'rubbish')],
  ['a word too few', junk.replace(' junk', '')],
  ['nothing', ''],
])('%s is no mnemonic', async (_, phrase) => {
  expect(await mnemonicKeys(phrase, 1)).toBeUndefined()
})
