import { describe, expect, it } from 'vitest'
import { served } from '../../support/served.ts'

describe('the handshake', () => {
  it('tells the client what the server is and what it takes', async () => {
    await using s = await served({ software: 'watcher 1', limits: { maxRequests: 3, idleTimeoutMs: 4_500 } })
    const client = await s.connect()
    expect(await client.hello()).toEqual({
      type: 'welcome',
      version: 1,
      software: 'watcher 1',
      ledgerId: 'model:1',
      maxMessageBytes: 262_144,
      maxRequests: 3,
      idleTimeoutSeconds: 4,
      receiptKey: undefined,
    })
    expect(s.server.stats).toMatchObject({ connections: 1, clients: 1 })
  })

  it('refuses a client that speaks later versions only', async () => {
    await using s = await served()
    const client = await s.connect()
    await client.send({ type: 'hello', versions: [2, 3], software: '', ledgerId: '' })
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'PROTOCOL_VERSION' } })
    expect(await client.next()).toBeUndefined()
  })

  it('takes a client that speaks version 1 among others', async () => {
    await using s = await served()
    const client = await s.connect()
    await client.send({ type: 'hello', versions: [2, 1], software: '', ledgerId: 'model:1' })
    expect(await client.next()).toMatchObject({ type: 'welcome', version: 1 })
  })

  it('refuses a client of another ledger', async () => {
    await using s = await served()
    const client = await s.connect()
    await client.send({ type: 'hello', versions: [1], software: '', ledgerId: 'model:2' })
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'CHAIN_MISMATCH' } })
  })

  it('comes first, and once', async () => {
    await using s = await served()
    const early = await s.connect()
    await early.send({ type: 'ping', number: 1n })
    expect(await early.next()).toMatchObject({ type: 'goodbye', error: { code: 'PROTOCOL_VIOLATION' } })
    const eager = await s.join()
    await eager.send({ type: 'hello', versions: [1], software: '', ledgerId: '' })
    expect(await eager.next()).toMatchObject({ type: 'goodbye', error: { code: 'PROTOCOL_VIOLATION' } })
  })

  it('must come in time', async () => {
    await using s = await served({ limits: { handshakeTimeoutMs: 1_000 } })
    const client = await s.connect()
    await s.clock.advance(999)
    expect(s.server.stats.connections).toBe(1)
    await s.clock.advance(300)
    expect(await client.next()).toMatchObject({ type: 'goodbye', error: { code: 'CONNECTION_LOST' } })
    expect(s.server.stats.connections).toBe(0)
  })

  it.each([[{ maxRequests: 0 }], [{ eventWindow: 1.5 }]])('does not begin with limits like %j', async (limits) => {
    await expect(served({ limits })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('does not begin with a name that no client could read', async () => {
    await expect(served({ software: 'ü' })).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
