/** What programs write, judged by the compiler. */
import { systemClock as clock, systemRandom as random } from '@perun-watcher/core/system'
import { remoteWatcher, type ServedEngine, serveWatcher } from '@perun-watcher/protocol'
import type { AcceptedConnection, Connector } from '@perun-watcher/protocol/adapter'
import {
  type CurveKeys,
  type CurvePublicKey,
  type CurveSecretKey,
  generateCurveKeys,
  parseCurvePublicKey,
  type ZmqServer,
  zmqConnector,
  zmqServer,
} from '@perun-watcher/transport-zmq'
import { describe, expectTypeOf, it } from 'vitest'

declare const engine: ServedEngine
declare const keys: CurveKeys
declare const serverKey: CurvePublicKey
const endpoint = 'tcp://127.0.0.1:5000'

describe('zmqConnector', () => {
  it('gets a remote watcher to its watcher', () => {
    const connect = zmqConnector({ endpoint, security: { serverKey, keys }, clock })
    expectTypeOf(connect).toEqualTypeOf<Connector>()
    remoteWatcher({ connect, clock, random })
  })

  it('needs CURVE or words that say otherwise', () => {
    // @ts-expect-error nothing is said about security
    zmqConnector({ endpoint, clock })
    zmqConnector({ endpoint, security: { plaintext: 'loopback', client: 'device-1' }, clock })
    // @ts-expect-error not these words
    zmqConnector({ endpoint, security: { plaintext: true, client: 'device-1' }, clock })
    // @ts-expect-error plain text needs a name
    zmqConnector({ endpoint, security: { plaintext: 'loopback' }, clock })
    // @ts-expect-error CURVE needs the key of the watcher
    zmqConnector({ endpoint, security: { keys }, clock })
  })

  it('takes keys that were parsed, and never a secret one for a public one', () => {
    const text = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
    // @ts-expect-error any text is no key
    zmqConnector({ endpoint, security: { serverKey: text, keys }, clock })
    zmqConnector({ endpoint, security: { serverKey: parseCurvePublicKey(text), keys }, clock })
    // @ts-expect-error the secret key
    zmqConnector({ endpoint, security: { serverKey: keys.secretKey, keys }, clock })
    expectTypeOf<CurvePublicKey>().not.toExtend<CurveSecretKey>()
    expectTypeOf(generateCurveKeys()).toEqualTypeOf<CurveKeys>()
  })

  it('has the limits of both sides, and none of the server', () => {
    const security = { serverKey, keys }
    zmqConnector({ endpoint, security, clock, limits: { heartbeatMs: 5_000, openTimeoutMs: undefined } })
    // @ts-expect-error a limit of the server
    zmqConnector({ endpoint, security, clock, limits: { maxConnections: 5 } })
  })
})

describe('zmqServer', () => {
  const authorise = (key: CurvePublicKey): boolean => key === serverKey

  it('gives a server its connections, from one endpoint or several', async () => {
    const server = await zmqServer({ endpoints: endpoint, security: { curve: keys, authorise }, clock })
    expectTypeOf(server).toEqualTypeOf<ZmqServer>()
    expectTypeOf(server).toExtend<AsyncIterable<AcceptedConnection>>()
    serveWatcher(engine, server, { ledgerId: 'ledger:1', clock })
    await zmqServer({
      endpoints: [endpoint, 'ipc:///run/watcher'] as const,
      security: { plaintext: 'loopback' },
      clock,
    })
  })

  it('does without CURVE only where it is said, and with CURVE asks whom to let in', async () => {
    // @ts-expect-error who may connect?
    await zmqServer({ endpoints: endpoint, security: { curve: keys }, clock })
    // @ts-expect-error nothing is said about security
    await zmqServer({ endpoints: endpoint, clock })
    const limits = { maxConnections: 5, maxMessageBytes: 1_000 }
    await zmqServer({ endpoints: endpoint, security: { curve: keys, authorise }, clock, limits })
  })

  it('tells its numbers read only', async () => {
    const { stats, endpoints } = await zmqServer({ endpoints: endpoint, security: { curve: keys, authorise }, clock })
    expectTypeOf(endpoints).toEqualTypeOf<readonly string[]>()
    // @ts-expect-error read only
    stats.accepted = 1
  })
})
