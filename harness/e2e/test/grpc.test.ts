import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { remoteWatcher } from '@perun-watcher/protocol'
import {
  clientNameOf,
  generateTlsKeys,
  grpcConnector,
  parsePublicKeyHash,
  publicKeyHashOf,
} from '@perun-watcher/transport-grpc'
import { generateCurveKeys } from '@perun-watcher/transport-zmq'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestbed, type Testbed } from '../src/world/testbed.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await startTestbed()
})
afterAll(() => testbed?.[Symbol.asyncDispose]())

describe('a daemon that offers gRPC beside ZeroMQ', () => {
  it('guards what clients bring both ways, and a client over gRPC hears of its dispute', async () => {
    const keys = generateTlsKeys()
    const [name, curve] = [clientNameOf(publicKeyHashOf(keys.certificate)), generateCurveKeys()]
    const clients = JSON.stringify([name, curve.publicKey])
    await using daemon = await testbed.startDaemon({
      listen: { enrolment: '"listed"', clients, grpc_addresses: '["127.0.0.1:0"]' },
    })
    const { grpcAddresses: [address = ''] = [], tlsPublicKey } = await daemon.status()
    const security = { serverKey: parsePublicKeyHash(tlsPublicKey), keys }
    const watcher = remoteWatcher({ connect: grpcConnector({ address, security, clock }), clock, random })
    onTestFinished(() => watcher.shutdown())
    await using device = testbed.startDevice(daemon, curve)

    const [mine, theirs] = [testbed.chain.openChannel(), testbed.chain.openChannel()]
    const { statesPub, eventsSub } = await watcher.startWatching(await mine.state(0n))
    await statesPub.publish(await mine.state(2n))
    await device.watch(theirs, 0n)
    await device.publish(theirs, 3n)
    const guarded = (await daemon.channels()).map(({ id, clients: [client] }) => [id, client])
    expect(new Map(guarded.map(([id, client]) => [id, client]))).toEqual(
      new Map([
        [mine.id, name],
        [theirs.id, `curve:${curve.publicKey}`],
      ]),
    )
    await Promise.all([mine.cheat(1n), theirs.cheat(1n)])
    await Promise.all([mine.defended(2n), theirs.defended(3n)])
    for await (const { type } of eventsSub) if (type === 'refuted') break
    expect(await daemon.status()).toMatchObject({ clients: { connected: 2, connections: 2, watches: 2 } })
  })
})
