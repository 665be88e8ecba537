import { generateKeyPairSync, sign } from 'node:crypto'
import { parseStateHash } from '@perun-watcher/core'
import { modelStateHash, testChannel } from '@perun-watcher/core/testing'
import { describe, expect, it } from 'vitest'
import type { Receipt, ReceiptBody, WireReceipt } from '../../../src/index.ts'
import { encodeReceiptBody } from '../../../src/internal.ts'
import { type Watching, watching } from '../../support/watching.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32))

function signed(body: ReceiptBody): WireReceipt {
  const bytes = encodeReceiptBody(body)
  return {
    body: bytes,
    signature: sign(null, Buffer.concat([Buffer.from('perun-watcher receipt v1\n'), bytes]), privateKey),
  }
}

describe('the receipts of a remote watcher', () => {
  /** A client with a channel whose start was confirmed with a receipt. */
  async function setup(): Promise<Watching & { receipts: Receipt[]; body: (version: bigint) => ReceiptBody }> {
    const receipts: Receipt[] = []
    const s = await watching(
      { receipts: { client: 'device', stateHash: modelStateHash, onReceipt: (receipt) => receipts.push(receipt) } },
      { receiptKey: key },
      (state) => signed(bodyOf(state)),
    )
    const body = (version: bigint): ReceiptBody => bodyOf(s.channel.signed(version).state)
    return { ...s, receipts, body, [Symbol.asyncDispose]: () => s[Symbol.asyncDispose]() }
  }

  function bodyOf(state: Parameters<typeof modelStateHash>[0]): ReceiptBody {
    const { channelId, version } = state
    return { ledgerId: 'test:1', client: 'device', channelId, version, stateHash: modelStateHash(state), issuedAt: 1n }
  }

  it('are checked and handed on', async () => {
    await using s = await setup()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const { request } = await s.peer.expect('publish')
    const receipt = signed(s.body(1n))
    await s.peer.reply(request, { type: 'published', version: 1n, receipt })
    await publishing
    expect(s.receipts.map(({ version }) => version)).toEqual([0n, 1n])
    expect(s.receipts[1]).toMatchObject({ ...s.body(1n), key, signature: Uint8Array.from(receipt.signature) })
  })

  it('are shown to the watcher after a reconnect: if it forgot, it notices', async () => {
    await using s = await setup()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const receipt = signed(s.body(1n))
    await s.peer.reply((await s.peer.expect('publish')).request, { type: 'published', version: 1n, receipt })
    await publishing
    s.script.cut()
    await s.script.clock.advance(200)
    const peer = await s.script.greet({ receiptKey: key })
    const start = await peer.expect('startWatching')
    expect(start.receipt?.body).toEqual(Uint8Array.from(receipt.body))
  })

  it.each<[string, (right: ReceiptBody) => WireReceipt | undefined]>([
    ['are missing', () => undefined],
    ['are for another ledger', (right) => signed({ ...right, ledgerId: 'test:2' })],
    ['are for another client', (right) => signed({ ...right, client: 'neighbour' })],
    ['are for an older state', (right) => signed({ ...right, version: right.version - 1n })],
    ['are for another state', (right) => signed({ ...right, stateHash: parseStateHash(`0x${'11'.repeat(32)}`) })],
    ['are for another channel', (right) => signed({ ...right, channelId: testChannel().id })],
    ['are signed for something else', (right) => ({ ...signed({ ...right, issuedAt: 2n }), body: signed(right).body })],
    ['cannot be read', () => ({ body: Uint8Array.of(0xff), signature: new Uint8Array(64) })],
  ])('that %s make the publish fail', async (_, wrong) => {
    await using s = await setup()
    const publishing = s.watch.statesPub.publish(s.channel.signed(1n))
    const { request } = await s.peer.expect('publish')
    await s.peer.reply(request, { type: 'published', version: 1n, receipt: wrong(s.body(1n)) })
    await expect(publishing).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
    expect(s.receipts.map(({ version }) => version)).toEqual([0n])
  })

  it('have to be signed with the key that was pinned', async () => {
    const pinned = new Uint8Array(32)
    await expect(
      watching({ receipts: { key: pinned, onReceipt() {} } }, { receiptKey: key }, (state) => signed(bodyOf(state))),
    ).rejects.toMatchObject({ code: 'RECEIPT_INVALID' })
  })

  it('do not disturb the program when it cannot take them', async () => {
    await using s = await watching(
      {
        receipts: {
          onReceipt() {
            throw new Error('disk full')
          },
        },
      },
      { receiptKey: key },
      (state) => signed(bodyOf(state)),
    )
    expect(s.script.watcher.status.watches).toBe(1)
  })
})
