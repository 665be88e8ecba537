import { type Clock, type Logger, type Random, WatcherError } from '@perun-watcher/core'
import { silentLogger } from '@perun-watcher/core/adapter'
import type { BackOff } from '@perun-watcher/core/internal'
import { parseLimit } from '@perun-watcher/core/internal'
import type { Connector } from '../transport/connection.ts'
import { isAscii } from '../wire/text.ts'
import { wireLimits } from '../wire/wire-limits.ts'
import type { ReceiptOptions } from './publishing/receipt-check.ts'

export interface RemoteWatcherOptions {
  /** Opens a connection to the watcher; called again whenever one is lost. */
  readonly connect: Connector
  readonly clock: Clock
  /** For the jitter in the pauses between attempts. */
  readonly random: Random
  /** Default: silence. */
  readonly logger?: Logger | undefined
  /** The ledger that the watcher must guard; any other fails with `CHAIN_MISMATCH`. Default: whichever it guards. */
  readonly ledgerId?: string | undefined
  /** Most events of one channel that wait for a slow reader; then older facts give way to newer ones. Default 64. */
  readonly eventLimit?: number | undefined
  /**
   * Most states of one channel that wait to be sent, besides the one in flight; beyond that the oldest is rejected with
   * `PUBLISH_SUPERSEDED`. Default 64.
   */
  readonly pendingLimit?: number | undefined
  /** Pauses between attempts to connect and before failed requests are repeated. Default: 200 ms, growing to 30 s. */
  readonly reconnect?: Partial<BackOff> | undefined
  /**
   * Name and version of this program for the watcher's logs, at most 100 bytes of visible ASCII. Default
   * `perun-watcher-client`.
   */
  readonly software?: string | undefined
  /** Require signed receipts. Default: receipts are ignored. */
  readonly receipts?: ReceiptOptions | undefined
}

/** The options, checked, with defaults filled in. */
export interface ClientSettings {
  readonly logger: Logger
  readonly eventLimit: number
  readonly pendingLimit: number
  readonly backOff: BackOff
  readonly software: string
}

/** Ed25519. */
const receiptKeyBytes = 32

/** @throws WatcherError `OPTION_INVALID` */
export function parseClientSettings(options: RemoteWatcherOptions): ClientSettings {
  const { eventLimit = 64, pendingLimit = 64, reconnect = {}, software = 'perun-watcher-client' } = options
  check(isAscii(software, wireLimits.software), 'software', `at most ${wireLimits.software} bytes of visible ASCII`)
  const ledgerId = options.ledgerId ?? ''
  check(isAscii(ledgerId, wireLimits.ledgerId), 'ledgerId', `at most ${wireLimits.ledgerId} bytes of visible ASCII`)
  const keyBytes = options.receipts?.key?.length ?? receiptKeyBytes
  check(keyBytes === receiptKeyBytes, 'receipts.key', `${receiptKeyBytes} bytes long`)
  return {
    logger: options.logger ?? silentLogger,
    eventLimit: parseLimit(eventLimit, 'eventLimit'),
    pendingLimit: parseLimit(pendingLimit, 'pendingLimit'),
    backOff: {
      firstDelayMs: parseLimit(reconnect.firstDelayMs ?? 200, 'reconnect.firstDelayMs'),
      longestDelayMs: parseLimit(reconnect.longestDelayMs ?? 30_000, 'reconnect.longestDelayMs'),
    },
    software,
  }
}

function check(isRight: boolean, name: string, expected: string): void {
  if (!isRight) throw new WatcherError('OPTION_INVALID', `${name} must be ${expected}.`)
}
