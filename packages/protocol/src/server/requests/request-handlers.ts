import type { ClientName, Hex } from '@perun-watcher/core'
import type { EngineWatch } from '@perun-watcher/core/adapter'
import type { ReceiptIssuer } from '../../receipts/issue.ts'
import { staleStoreAlarm } from '../../receipts/stale-store-alarm.ts'
import type { ClientMessage, GuardedChannel, ReplyResult, WireReceipt } from '../../wire/messages.ts'
import type { ClientLog } from '../observe/client-log.ts'
import type { Counters } from '../observe/counters.ts'
import type { EventFeed } from '../outgoing/event-feed.ts'
import type { ServedEngine, ServeOptions } from '../settings/serve-options.ts'
import { channelPage } from './channel-page.ts'

type Of<Type extends ClientMessage['type']> = Extract<ClientMessage, { readonly type: Type }>

export interface RequestHandlersDeps {
  readonly engine: ServedEngine
  readonly options: ServeOptions
  readonly counters: Counters
  readonly log: ClientLog
}

/** What clients ask of the engine, apart from how requests arrive and answers leave. */
export interface RequestHandlers {
  start(client: ClientName, message: Of<'startWatching'>, feed: EventFeed): Promise<StartedWatch>
  publish(client: ClientName, message: Of<'publish'>, watch: EngineWatch): Promise<ReplyResult>
  stop(client: ClientName, message: Of<'stopWatching'>, signal: AbortSignal): Promise<ReplyResult>
  list(client: ClientName, message: Of<'listChannels'>): ReplyResult
}

export interface StartedWatch {
  readonly watch: EngineWatch
  readonly result: ReplyResult
}

export function requestHandlers({ engine, options, counters, log }: RequestHandlersDeps): RequestHandlers {
  const { receipts, logger, onStaleStore } = options

  /** A receipt that cannot be made changes nothing about what was promised. */
  async function receiptFor(
    issuer: ReceiptIssuer,
    client: ClientName,
    state: Of<'publish'>['transaction']['state'],
  ): Promise<WireReceipt | undefined> {
    try {
      return await issuer.issue({ client, state })
    } catch (error) {
      counters.receiptFailures += 1
      log.write('error', 'Receipt not made', { client }, error)
      return undefined
    }
  }

  /** Asks before the request changes what is held; for the client alone, whatever others have of the channel. */
  function versionHeld(id: Hex, client: ClientName): bigint | undefined {
    return engine.channel(id, client)?.version
  }

  function checkStore(client: ClientName, watch: EngineWatch, receipt: WireReceipt, held: bigint | undefined): void {
    if (receipts === undefined) return
    const { channelId } = watch
    const { publicKey } = receipts
    const evidence = { client, channelId, receipt, heldVersion: held, ledgerId: options.ledgerId, publicKey }
    const alarm = staleStoreAlarm(evidence)
    if (alarm === undefined) return
    counters.staleStoreAlarms += 1
    if (counters.staleStoreAlarms <= loudAlarms) {
      const { promisedVersion, issuedAt } = alarm
      const fields = { client, channel: channelId, promisedVersion, heldVersion: held, issuedAt }
      logger?.error('Store is older than a receipt of this watcher', fields)
    }
    onStaleStore?.(alarm)
  }

  return {
    async start(client, { newest, parent, receipt }, feed) {
      const held = versionHeld(newest.state.channelId, client)
      const watch = await engine.startWatching(newest, feed, { client, parent, acceptOlder: true })
      if (receipt !== undefined) checkStore(client, watch, receipt, held)
      const sent = newest.state.version
      const version = versionHeld(watch.channelId, client) ?? sent
      // A state that the client does not know is nothing that it could check a receipt against.
      const proof = receipts && version === sent ? await receiptFor(receipts, client, newest.state) : undefined
      return { watch, result: { type: 'started', version, receipt: proof } }
    },
    async publish(client, { transaction }, watch) {
      await watch.publish(transaction)
      counters.publishes += 1
      const { state } = transaction
      const receipt = receipts && (await receiptFor(receipts, client, state))
      return { type: 'published', version: state.version, receipt }
    },
    async stop(client, { channelId }, signal) {
      await engine.stopWatching(channelId, { client, signal })
      return { type: 'stopped' }
    },
    list(client, { after, limit }) {
      const own = engine.channelsOf(client)
      const { ids, more } = channelPage(own, after, limit)
      const channels = ids.map((id): GuardedChannel => {
        const status = engine.channel(id, client)
        // Below what others have it is nobody else's business, and no parent that this client could name.
        return { id, version: status?.version ?? 0n, parent: status?.parents.find((parent) => own.has(parent)) }
      })
      return { type: 'channels', channels, more }
    },
  }
}

/** One is enough to act on, and each further client may be a hostile one. */
const loudAlarms = 100
