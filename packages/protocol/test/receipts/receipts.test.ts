import { parseClientName } from '@perun-watcher/core'
import { modelStateHash, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import {
  ed25519ReceiptIssuer,
  type ReceiptIssuer,
  type StaleStoreAlarm,
  verifyReceipt,
  type WireReceipt,
} from '../../src/index.ts'
import { decodeReceiptBody, encodeReceiptBody } from '../../src/internal.ts'
import { served } from '../support/served.ts'

const seed = new Uint8Array(32).fill(7)
const alice = parseClientName('alice')
const channel = testChannel()

function issuer(overrides: Partial<Parameters<typeof ed25519ReceiptIssuer>[0]> = {}): ReceiptIssuer {
  const options = { seed, ledgerId: 'model:1', stateHash: modelStateHash, secondsSince1970: () => 1_700_000_000 }
  return ed25519ReceiptIssuer({ ...options, ...overrides })
}

describe('receipts', () => {
  it('say who was promised what and when, and can be checked with the public key', async () => {
    const receipts = issuer()
    const { state } = channel.signed(5n)
    const receipt = await receipts.issue({ client: alice, state })
    expect(verifyReceipt(receipt, receipts.publicKey)).toEqual({
      ledgerId: 'model:1',
      client: 'alice',
      channelId: channel.id,
      version: 5n,
      stateHash: modelStateHash(state),
      issuedAt: 1_700_000_000n,
    })
  })

  it('have the key that Ed25519 makes of this seed, so that any library can check them', () => {
    // RFC 8032, 7.1, test 1.
    const rfc = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
    expect(Buffer.from(issuer({ seed: rfc }).publicKey).toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    )
  })

  it.each([
    ['the body', 'body'],
    ['the signature', 'signature'],
  ] as const)('do not stand once %s is changed', async (_, part) => {
    const receipts = issuer()
    const receipt = await receipts.issue({ client: alice, state: channel.signed(5n).state })
    const changed = receipt[part].slice()
    changed[3] = (changed[3] ?? 0) ^ 1
    expect(() => verifyReceipt({ ...receipt, [part]: changed }, receipts.publicKey)).toThrow(/RECEIPT_INVALID/)
  })

  it('of another watcher do not stand', async () => {
    const receipt = await issuer({ seed: new Uint8Array(32) }).issue({ client: alice, state: channel.signed(5n).state })
    expect(() => verifyReceipt(receipt, issuer().publicKey)).toThrow(/RECEIPT_INVALID/)
  })

  it('need a key of 32 bytes', () => {
    expect(() => issuer({ seed: new Uint8Array(31) })).toThrow(/OPTION_INVALID/)
  })

  it('have bytes that say the same after reading and writing', async () => {
    const { body } = await issuer().issue({ client: alice, state: channel.signed(5n).state })
    expect(Buffer.from(encodeReceiptBody(decodeReceiptBody(body))).equals(body)).toBe(true)
  })
})

describe('a server with a receipt key', () => {
  it('tells the key, and proves every promise', async () => {
    const receipts = issuer()
    await using s = await served({ receipts })
    const client = await s.connect()
    const { receiptKey } = await client.hello()
    expect(receiptKey).toEqual(receipts.publicKey)
    const started = await client.start(channel.signed(1n))
    const published = await client.publish(channel.signed(2n))
    const versions = [started, published].map((answer) =>
      'receipt' in answer && answer.receipt && receiptKey
        ? verifyReceipt(answer.receipt, receiptKey).version
        : undefined,
    )
    expect(versions).toEqual([1n, 2n])
  })

  it('signs nothing about a state older than the one that it holds', async () => {
    await using s = await served({ receipts: issuer() })
    const first = await s.join()
    await first.start(channel.signed(5n))
    const again = await s.join()
    expect(await again.start(channel.signed(2n))).toEqual({ type: 'started', version: 5n, receipt: undefined })
  })

  it('says of a channel that others have as well only what it holds for the client', async () => {
    const receipts = issuer()
    await using s = await served({ receipts })
    const [root, shared] = [testChannel(), testChannel({ kind: 'virtual', funds: 5n })]
    async function comes(name: string, version: bigint, receipt?: WireReceipt) {
      const client = await s.join(name)
      await client.start(root.signed(1n))
      const answer = await client.start(shared.signed(version), { watch: 2, parent: root, receipt })
      if (answer.type !== 'started') throw new Error(`The answer was ${answer.type}.`)
      return answer
    }
    await comes('bob', 100n)
    const { version, receipt } = await comes('alice', 3n)
    expect([version, receipt && verifyReceipt(receipt, receipts.publicKey).version]).toEqual([3n, 3n])
    // Whoever is further, or further behind, proves nothing of what was lost.
    await comes('alice', 3n, receipt)
    await comes('bob', 100n)
    expect(s.server.stats.staleStoreAlarms).toBe(0)
    const lost = await receipts.issue({ client: alice, state: shared.signed(9n).state })
    await comes('alice', 9n, lost)
    expect(s.server.stats.staleStoreAlarms).toBe(1)
  })

  it('keeps a promise for which no receipt could be made', async () => {
    const stateHash = (): never => {
      throw new Error('no hash')
    }
    await using s = await served({ receipts: issuer({ stateHash }) })
    const client = await s.join()
    await client.start(channel.signed(1n))
    expect(await client.publish(channel.signed(2n))).toEqual({ type: 'published', version: 2n, receipt: undefined })
    expect(s.server.stats.receiptFailures).toBe(2)
  })
})

describe('a store that came back from an old backup', () => {
  async function comesBackWith(
    version: bigint,
    promise: { readonly version: bigint; readonly client?: string; readonly receipts?: ReceiptIssuer },
  ): Promise<{ readonly alarms: readonly StaleStoreAlarm[]; readonly errors: number; readonly counted: number }> {
    const receipts = issuer()
    const alarms: StaleStoreAlarm[] = []
    const signer = promise.receipts ?? receipts
    const client = parseClientName(promise.client ?? 'alice')
    const receipt = await signer.issue({ client, state: channel.signed(promise.version).state })
    await using s = await served({ receipts, onStaleStore: (alarm) => void alarms.push(alarm) })
    const device = await s.join()
    await device.start(channel.signed(3n))
    const again = await s.join()
    expect(await again.start(channel.signed(version), { receipt })).toMatchObject({ type: 'started', version })
    const errors = s.lines.filter(({ level }) => level === 'error').length
    return { alarms, errors, counted: s.server.stats.staleStoreAlarms }
  }

  it('is noticed when a client brings a newer receipt, and takes what the client has', async () => {
    const { alarms, errors, counted } = await comesBackWith(9n, { version: 9n })
    expect(alarms).toEqual([
      { client: 'alice', channelId: channel.id, promisedVersion: 9n, heldVersion: 3n, issuedAt: 1_700_000_000n },
    ])
    expect({ errors, counted }).toEqual({ errors: 1, counted: 1 })
  })

  it.each([
    ['no newer than what is held', { version: 3n }],
    ['of another client', { version: 9n, client: 'bob' }],
    ['of another watcher', { version: 9n, receipts: issuer({ seed: new Uint8Array(32) }) }],
    ['of another ledger', { version: 9n, receipts: issuer({ ledgerId: 'model:2' }) }],
  ])('is not seen in a receipt %s', async (_, promise) => {
    expect(await comesBackWith(9n, promise)).toEqual({ alarms: [], errors: 0, counted: 0 })
  })

  it('is noticed where the channel is unknown altogether', async () => {
    const receipts = issuer()
    const receipt = await receipts.issue({ client: alice, state: channel.signed(9n).state })
    await using s = await served({ receipts })
    const device = await s.join()
    await device.start(channel.signed(9n), { receipt })
    expect(s.server.stats.staleStoreAlarms).toBe(1)
  })
})
