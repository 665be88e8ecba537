import type { Hex } from '@perun-watcher/core'
import { expectTypeOf, test } from 'vitest'
import {
  type Address,
  type BackendOptions,
  type EngineName,
  type EvmBackend,
  type EvmClient,
  type EvmSigner,
  evmBackend,
  parseAddress,
  signatureEngine,
  type UnsignedTransaction,
} from '../src/index.ts'

declare const client: EvmClient
declare const adjudicator: Hex

test('a client of any library', () => {
  const signer: EvmSigner = {
    address: parseAddress('0x'),
    signTransaction: async (transaction) => {
      expectTypeOf(transaction).toEqualTypeOf<UnsignedTransaction>()
      return '0x'
    },
  }
  expectTypeOf(evmBackend({ client, signers: [signer], adjudicator, chainId: 1n })).toEqualTypeOf<EvmBackend>()
  // Heads may be announced, and need not be.
  const own: EvmClient = { request: async (method, params, options) => [method, params, options?.signal] }
  evmBackend({ client: { ...own, watchHeads: (wake) => wake }, signers: [signer], adjudicator, chainId: 1n })
  // @ts-expect-error There is no chain to fall back to.
  evmBackend({ client, signers: [signer], adjudicator })
})

test('an address is only what was parsed', () => {
  expectTypeOf(parseAddress('0x')).toEqualTypeOf<Address>()
  // @ts-expect-error Text may be no address, or be mixed case.
  const wrong: Address = '0x0000000000000000000000000000000000000001'
  expectTypeOf(wrong).toExtend<Hex>()
})

test('what every backend takes is a type of its own', () => {
  expectTypeOf<BackendOptions>().toHaveProperty('adjudicator').toEqualTypeOf<Hex>()
  expectTypeOf<BackendOptions>().not.toHaveProperty('client')
  expectTypeOf(signatureEngine()).toEqualTypeOf<EngineName>()
})
