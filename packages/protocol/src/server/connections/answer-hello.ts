import { WatcherError } from '@perun-watcher/core'
import type { ClientMessage, ServerMessage } from '../../wire/messages.ts'
import type { ServeLimits } from '../settings/serve-limits.ts'
import type { ServeOptions } from '../settings/serve-options.ts'

const spoken: readonly number[] = [1]

/**
 * The answer to a Hello.
 *
 * @throws WatcherError `PROTOCOL_VERSION`, `CHAIN_MISMATCH`
 */
export function answerHello(
  hello: Extract<ClientMessage, { readonly type: 'hello' }>,
  options: ServeOptions,
  limits: ServeLimits,
): ServerMessage {
  const version = Math.max(...spoken.filter((each) => hello.versions.includes(each)))
  if (!Number.isFinite(version)) {
    throw new WatcherError(
      'PROTOCOL_VERSION',
      'The client speaks no version of the protocol that the watcher speaks.',
      {
        details: [`The client speaks ${hello.versions.join(', ')}; the watcher ${spoken.join(', ')}.`],
      },
    )
  }
  if (hello.ledgerId !== '' && hello.ledgerId !== options.ledgerId) {
    throw new WatcherError('CHAIN_MISMATCH', 'The watcher guards channels of another ledger.', {
      details: [`The client expects ${hello.ledgerId}, the watcher has ${options.ledgerId}.`],
    })
  }
  return {
    type: 'welcome',
    version,
    software: options.software ?? 'perun-watcher',
    ledgerId: options.ledgerId,
    maxMessageBytes: limits.maxMessageBytes,
    maxRequests: limits.maxRequests,
    idleTimeoutSeconds: Math.max(1, Math.floor(limits.idleTimeoutMs / 1000)),
    receiptKey: options.receipts?.publicKey,
  }
}
