import { parseLedgerId } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import { systemClock, systemRandom } from '@perun-watcher/core/system'
import { describe, expect, it } from 'vitest'
import { checkOptions, type EvmBackendOptions } from '../../src/backend/backend-options.ts'
import { adjudicator } from '../support/fake-chain.ts'
import { fakeSigner } from '../transactions/support/fake-node.ts'

const gwei = 1_000_000_000n
const required: EvmBackendOptions = {
  client: { request: () => Promise.reject(new Error('not here')) },
  signers: [fakeSigner(0)],
  adjudicator,
  chainId: 5n,
}

describe('options that were left out', () => {
  it('are as the README says', async () => {
    const options = checkOptions(required)
    expect(options).toMatchObject({
      finalityDepth: 64,
      pollIntervalMs: undefined,
      silenceMs: 4_000,
      requestTimeoutMs: 10_000,
      fees: { maxFeePerGasCap: 500n * gwei, minPriorityFeePerGas: gwei },
      maxPendingPerLane: 16,
      signatureThreads: 0,
      onLowBalance: undefined,
    })
    expect(options.clock).toBe(systemClock)
    expect(options.random).toBe(systemRandom)
    expect(options.logger).toBe(silentLogger)
    expect(await options.journal.journal(parseLedgerId('eip155:1:0x55:v1')).attempts()).toEqual([])
  })

  it.each([
    [1n, gwei],
    [8_453n, gwei / 1_000n],
    [137n, 30n * gwei],
    [5n, gwei],
  ])('follow the chain id where kinds of chains differ: %d', (chainId, tip) => {
    expect(checkOptions({ ...required, chainId }).fees.minPriorityFeePerGas).toBe(tip)
    const own = { maxFeePerGasCap: gwei, minPriorityFeePerGas: 7n }
    expect(checkOptions({ ...required, chainId, fees: own }).fees).toEqual(own)
  })

  it.each<[bigint, number, number]>([
    [1n, 64, 131_072],
    [8_453n, 900, 131_072],
    [42_161n, 1_200, 95_000],
    [137n, 256, 131_072],
    [5n, 64, 131_072],
  ])('make chain %d final and limit it as its kind is', (chainId, finalityDepth, bytes) => {
    const options = checkOptions({ ...required, chainId })
    expect([options.finalityDepth, options.limits.bytes]).toEqual([finalityDepth, bytes])
    expect(checkOptions({ ...required, chainId, finalityDepth: 3 }).finalityDepth).toBe(3)
  })

  it('follow the kind that is named before the chain id', () => {
    const options = checkOptions({ ...required, chainId: 1n, chainKind: 'arbitrum' })
    expect(options).toMatchObject({ finalityDepth: 1_200, limits: { bytes: 95_000, work: 32_000_000n } })
    expect(checkOptions({ ...required, chainKind: 'polygon' }).fees.minPriorityFeePerGas).toBe(30n * gwei)
    const misspelt: EvmBackendOptions = { ...required, ...JSON.parse('{"chainKind":"solana"}') }
    expect(() => checkOptions(misspelt)).toThrow(/chainKind must be one of ethereum, optimism, arbitrum/)
  })

  it('are the same when they are named and undefined', () => {
    const named = {
      finalityDepth: undefined,
      fees: undefined,
      maxPendingPerLane: undefined,
      requestTimeoutMs: undefined,
    }
    const { journal: _one, spendingLog: _log, ...options } = checkOptions({ ...required, ...named })
    const { journal: _other, spendingLog: _otherLog, ...defaults } = checkOptions(required)
    expect(options).toEqual(defaults)
  })
})

describe('options that were given', () => {
  it('are kept', () => {
    const given = {
      finalityDepth: 0,
      pollIntervalMs: 700,
      requestTimeoutMs: 1,
      fees: { maxFeePerGasCap: 3n, minPriorityFeePerGas: 2n },
      maxPendingPerLane: 1,
      signatureThreads: 2,
    }
    expect(checkOptions({ ...required, ...given })).toMatchObject({ ...given, silenceMs: 700 })
  })

  it('may set the cap of fees alone', () => {
    const { fees } = checkOptions({ ...required, fees: { maxFeePerGasCap: 3n } })
    expect(fees).toEqual({ maxFeePerGasCap: 3n, minPriorityFeePerGas: gwei })
  })
})
