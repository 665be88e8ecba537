import { type Logger, type State, type StateHash, WatcherError } from '@perun-watcher/core'
import { verifyReceipt } from '../../receipts/verify.ts'
import { equalBytes } from '../../wire/equal-bytes.ts'
import type { ReceiptBody, WireReceipt } from '../../wire/messages.ts'
import type { Welcome } from '../connection/say-hello.ts'

/** A checked receipt, with everything needed to prove it to others. */
export interface Receipt extends ReceiptBody, WireReceipt {
  /** The Ed25519 key that signed it; 32 bytes. */
  readonly key: Uint8Array
}

export interface ReceiptOptions {
  /** The key that the watcher must sign with, 32 bytes. Default: the one in its Welcome. */
  readonly key?: Uint8Array | undefined
  /** The name by which the watcher must know this client. Default: any. */
  readonly client?: string | undefined
  /** The hash that participants sign, from the ledger's backend. Without it the hash in a receipt is not compared. */
  readonly stateHash?: ((state: State) => StateHash) | undefined
  /** Called with every checked receipt: keep it where it survives this process. Must not throw. */
  readonly onReceipt: (receipt: Receipt) => void
}

/** What a receipt must be about. */
export interface ReceiptExpectation {
  readonly welcome: Welcome
  /** The state that was sent. */
  readonly state: State
  readonly receipt: WireReceipt | undefined
}

/**
 * Checks a receipt against the state that was sent and passes it on to the program.
 *
 * @returns `undefined` if receipts are not required or the watcher issues none.
 * @throws WatcherError `RECEIPT_INVALID`
 */
export type ReceiptCheck = (expectation: ReceiptExpectation) => Receipt | undefined

export function receiptCheck(given: ReceiptOptions | undefined, logger: Logger): ReceiptCheck {
  if (given === undefined) return () => undefined
  const options = given

  /** An error of the program's handler does not undo the acknowledgement. */
  function hand(receipt: Receipt): void {
    try {
      options.onReceipt(receipt)
    } catch (error) {
      logger.error('Receipt not taken', { channel: receipt.channelId, version: receipt.version }, error)
    }
  }

  function check({ welcome, state, receipt }: ReceiptExpectation): Receipt | undefined {
    const key = keyOf(options, welcome)
    if (key === undefined) return undefined
    if (receipt === undefined) throw invalid('The watcher gave no receipt.', `State of version ${state.version}.`)
    const body = verifyReceipt(receipt, key)
    for (const [isRight, detail] of comparisons(body, options, { welcome, state })) {
      if (!isRight) throw invalid('The receipt is about something else.', detail)
    }
    const checked = { ...body, ...receipt, key }
    hand(checked)
    return checked
  }

  return check
}

/** @returns `undefined` if the watcher issues no receipts and no key is pinned. */
function keyOf({ key: pinned }: ReceiptOptions, { receiptKey }: Welcome): Uint8Array | undefined {
  if (pinned === undefined) return receiptKey
  if (receiptKey !== undefined && equalBytes(receiptKey, pinned)) return pinned
  throw invalid(
    'The watcher signs with another key than it has to.',
    receiptKey === undefined ? 'It gives no receipts.' : 'The keys differ.',
  )
}

type Comparison = readonly [isRight: boolean, detail: string]

function comparisons(
  body: ReceiptBody,
  { client, stateHash }: Pick<ReceiptOptions, 'client' | 'stateHash'>,
  { welcome, state }: Pick<ReceiptExpectation, 'welcome' | 'state'>,
): readonly Comparison[] {
  const hash = stateHash !== undefined && body.version === state.version ? stateHash(state) : undefined
  return [
    [body.ledgerId === welcome.ledgerId, `Ledger ${body.ledgerId} instead of ${welcome.ledgerId}.`],
    [client === undefined || body.client === client, `Client ${body.client} instead of ${client}.`],
    [body.channelId === state.channelId, `Channel ${body.channelId} instead of ${state.channelId}.`],
    [body.version >= state.version, `Version ${body.version} instead of ${state.version}.`],
    [hash === undefined || body.stateHash === hash, `State hash ${body.stateHash} instead of ${hash}.`],
  ]
}

function invalid(message: string, detail: string): WatcherError {
  return new WatcherError('RECEIPT_INVALID', message, { details: [detail] })
}
