import type { LedgerId } from '../model/brand.ts'
import { type Fields, parseBoolean, parseFields } from '../validation/parse-fields.ts'

/**
 * The items of the second format that an item of the first one amounts to, both as fields that are not checked yet. The
 * first format knew one ledger, one line of each channel, and up to two states besides the newest.
 */
export function fromFirstFormat(fields: Fields, ledger: LedgerId): readonly Fields[] {
  switch (fields['type']) {
    case 'channel':
      return channelItems(fields, ledger)
    case 'attempt': {
      const { account, nonce, ...rest } = parseFields(fields['attempt'], 'attempt')
      return [{ type: 'attempt', ledger, attempt: { lane: account, sequence: nonce, ...rest } }]
    }
    case 'cursor':
      return [{ ...fields, ledger }]
    default:
      return [fields]
  }
}

function channelItems({ id, channel, mailboxes }: Fields, ledger: LedgerId): readonly Fields[] {
  const { fallback, registered, record, isRecordKnown, ...rest } = parseFields(channel, 'channel')
  const records = parseBoolean(isRecordKnown, 'isRecordKnown') ? [{ ledger, record }] : []
  const kept = (held: unknown): readonly Fields[] => (held === undefined ? [] : [{ type: 'kept', id, line: 0, held }])
  return [
    { type: 'channel', id, channel: { ...rest, records }, mailboxes: withLedger(mailboxes, ledger) },
    ...kept(fallback),
    ...kept(registered),
    ...(fallback === undefined ? [] : [{ type: 'older', id, line: 0, states: [nameOf(fallback)] }]),
  ]
}

function nameOf(held: unknown): Fields {
  const { state, hash } = parseFields(held, 'fallback')
  return { version: parseFields(state, 'fallback.state')['version'], hash }
}

/** Whatever is not of the expected form stays as it is, to be refused where it is parsed. */
function withLedger(mailboxes: unknown, ledger: LedgerId): unknown {
  if (!Array.isArray(mailboxes)) return mailboxes
  return mailboxes.map((item: unknown) => {
    const [client, mailbox]: readonly unknown[] = Array.isArray(item) ? item : []
    const fields = parseFields(mailbox, 'mailbox')
    const events: unknown = fields['events']
    if (!Array.isArray(events)) return item
    return [client, { ...fields, events: events.map((each) => ({ ...parseFields(each, 'event'), ledger })) }]
  })
}
