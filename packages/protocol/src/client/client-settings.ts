import { type Clock, type Logger, parseLimit, type Random, silentLogger, WatcherError } from '@perun-watcher/core'
import type { BackOff } from '@perun-watcher/core/internal'
import type { Connector } from '../transport/connection.ts'
import { isAscii } from '../wire/text.ts'
import { wireLimits } from '../wire/wire-limits.ts'
import type { ReceiptOptions } from './publishing/receipt-check.ts'

export interface RemoteWatcherOptions {
  /** How to get to the watcher; called again whenever the connection is lost. */
  readonly connect: Connector
  readonly clock: Clock
  /** For the jitter of the pauses between attempts. */
  readonly random: Random
  /** Default: silence. */
  readonly logger?: Logger | undefined
  /** The ledger that the watcher has to guard, as it names it itself; another one is `CHAIN_MISMATCH`. Default: any. */
  readonly ledgerId?: string | undefined
  /** Most events of one channel that wait for a slow reader; then older facts give way to newer ones. Default 64. */
  readonly eventLimit?: number | undefined
  /**
   * Most states of one channel that wait for the connection or for an acknowledgement, besides the one under way; then the
   * oldest is rejected with `PUBLISH_SUPERSEDED`. Default 64.
   */
  readonly pendingLimit?: number | undefined
  /** Pauses between attempts to connect, and to repeat what the watcher could not do. Default 200 ms to 30 s. */
  readonly reconnect?: Partial<BackOff> | undefined
  /** For the logs of the watcher: name and version of this program, at most 100 bytes of visible ASCII. */
  readonly software?: string | undefined
  /** Ask for signed receipts. Default: those that come are ignored. */
  readonly receipts?: ReceiptOptions | undefined
}

/** The options with their defaults. */
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
