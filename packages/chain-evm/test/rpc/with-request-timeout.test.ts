import { raceSignal } from '@perun-watcher/core/internal'
import { describe, expect, it } from 'vitest'
import type { EvmClient } from '../../src/rpc/evm-client.ts'
import { withRequestTimeout } from '../../src/rpc/with-request-timeout.ts'
import { manualClock } from '../support/clocks.ts'

const deaf: EvmClient = { request: () => new Promise(() => undefined) }

describe('a client with a time limit', () => {
  it('ends a request that nobody answers', async () => {
    const clock = manualClock()
    const request = withRequestTimeout(deaf, clock, 1_000).request('eth_chainId', [])
    clock.advance(1_000)
    await expect(request).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    expect(clock.sleepers).toBe(0)
  })

  it('hands on answers and leaves no timer behind', async () => {
    const clock = manualClock()
    const client = withRequestTimeout({ request: async () => '0x1' }, clock, 1_000)
    expect(await client.request('eth_chainId', [])).toBe('0x1')
    expect(clock.sleepers).toBe(0)
  })

  it('ends with the reason of the caller', async () => {
    const clock = manualClock()
    const caller = new AbortController()
    const request = withRequestTimeout(
      { request: (_method, _params, options) => raceSignal(new Promise(() => undefined), options?.signal) },
      clock,
      1_000,
    ).request('eth_chainId', [], { signal: caller.signal })
    const reason = new Error('enough')
    caller.abort(reason)
    await expect(request).rejects.toBe(reason)
    expect(clock.sleepers).toBe(0)
  })

  it('hands on what the caller wants of the request', async () => {
    let wanted: unknown
    const client = withRequestTimeout(
      {
        async request(_method, _params, options) {
          wanted = options?.secondOpinion
        },
      },
      manualClock(),
      1_000,
    )
    await client.request('eth_chainId', [], { secondOpinion: true })
    expect(wanted).toBe(true)
  })
})
