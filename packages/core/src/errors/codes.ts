/**
 * Every error code with its meaning: whether the same call may succeed later, and what to do. Codes are part of the
 * public interface and change only with a major version; messages may change at any time.
 */
export const errorCodes = {
  STATE_MALFORMED: { retryable: false, remedy: 'Send the field in the documented form.' },
  STATE_DIMENSIONS: { retryable: false, remedy: 'Give one balance row per asset and one balance per participant.' },
  FUNDS_CHANGED: {
    retryable: false,
    remedy: 'Distribute exactly what the channel was opened with: same assets, same totals.',
  },
  LOCK_MISMATCH: {
    retryable: false,
    remedy: 'Open the sub-channel with exactly the funds that its parent locks for it.',
  },
  INDEX_MAP_INVALID: {
    retryable: false,
    remedy: 'Map each participant of the sub-channel to an existing participant of the parent.',
  },
  CHALLENGE_DURATION_OUT_OF_RANGE: {
    retryable: false,
    remedy:
      'Open the channel with a challenge duration of at least one second, no less than this watcher takes, and below 2^63 seconds.',
  },
  VIRTUAL_CHANNEL_INVALID: { retryable: false, remedy: 'A virtual channel has no app and locks nothing.' },
  STATE_TOO_LARGE: {
    retryable: false,
    remedy:
      'Use fewer assets, participants or bytes of app data: it has to be registered, and to be paid out; or let the operator raise the limits of this chain, where its nodes take more.',
  },
  TREE_TOO_LARGE: {
    retryable: false,
    remedy:
      'Settle some sub-channels, or use fewer assets, participants or bytes of app data; or let the operator raise the limits of this chain, where its nodes take more.',
  },
  CHANNEL_ID_MISMATCH: { retryable: false, remedy: 'Use the parameters that the channel was opened with.' },
  SIGNATURE_COUNT: { retryable: false, remedy: 'Give exactly one signature per participant, in their order.' },
  SIGNATURE_INVALID: {
    retryable: false,
    remedy: 'Let the participant sign the state hash with the Ethereum signed-message prefix.',
  },
  VERSION_STALE: { retryable: false, remedy: 'Nothing to do: a newer state is already held.' },
  VERSION_CONFLICT: {
    retryable: false,
    remedy: 'Two states with one version were signed; agree on a state with a higher version and publish that.',
  },
  STATE_AFTER_FINAL: { retryable: false, remedy: 'Nothing follows a final state; conclude the channel.' },
  CHANNEL_SETTLED: {
    retryable: false,
    remedy: 'Nothing: the channel is concluded for good, and everything in it has been withdrawn.',
  },
  CHANNEL_UNKNOWN: { retryable: false, remedy: 'Start watching the channel first.' },
  PARENT_UNKNOWN: { retryable: false, remedy: 'Start watching the parent channel first.' },
  PARENT_REQUIRED: { retryable: false, remedy: 'Name the ledger channel or sub-channel that locks this channel.' },
  PARENT_NOT_ALLOWED: {
    retryable: false,
    remedy: 'Watch a ledger channel without a parent, any other below the channel that locks it.',
  },
  SUB_CHANNELS_WATCHED: { retryable: false, remedy: 'Stop watching the sub-channels first.' },
  WATCH_ENDED: { retryable: false, remedy: 'Start watching the channel again.' },
  WATCHER_CLOSED: { retryable: false, remedy: 'Create a new watcher.' },
  STORE_STALE_WRITE: { retryable: false, remedy: 'Load the channel again: somebody stored a newer state.' },
  STORE_OF_ANOTHER_LEDGER: {
    retryable: false,
    remedy: 'Use an empty store, or the ledger that this store was made for.',
  },
  STORE_FAILED: { retryable: true, remedy: 'Look at the cause; the state was not acknowledged and can be sent again.' },
  STORE_LOCKED: { retryable: true, remedy: 'Stop the process that uses the store, or use another path.' },
  STORE_CLOSED: {
    retryable: false,
    remedy: 'Open the store first. A closed store cannot be opened again: make a new one.',
  },
  STORE_FULL: {
    retryable: true,
    remedy: 'Free space on the disk of the store; nothing that was acknowledged is lost.',
  },
  STORE_ACCESS_DENIED: {
    retryable: true,
    remedy: 'Let the user of this process write to the path of the store, and check that its disk is not read-only.',
  },
  STORE_NOT_A_STORE: { retryable: false, remedy: 'Give the path of a store, or a path at which nothing exists yet.' },
  STORE_NOT_EMPTY: {
    retryable: false,
    remedy: 'Give a path at which nothing exists yet: nothing is ever overwritten.',
  },
  STORE_NEWER_FORMAT: { retryable: false, remedy: 'Use the version that wrote the store, or a newer one.' },
  STORE_CORRUPT: {
    retryable: false,
    remedy: 'Stop the watcher, keep a copy of the files, and rescue what is readable or restore a backup.',
  },
  EXPORT_INVALID: {
    retryable: false,
    remedy: 'Export again: the file was truncated or changed, or it is not an export.',
  },
  CHAIN_UNREACHABLE: {
    retryable: true,
    remedy: 'Check the RPC endpoint. A running watcher keeps trying; a start fails and can be repeated.',
  },
  CHAIN_MISMATCH: { retryable: false, remedy: 'Check the RPC endpoint, the adjudicator address and its generation.' },
  CHAIN_DATA_INVALID: { retryable: true, remedy: 'The RPC endpoint answered nonsense; try another one.' },
  RPC_REFUSED: { retryable: true, remedy: 'Read what the node said; check its limits and its version.' },
  TRACING_UNSUPPORTED: {
    retryable: true,
    remedy:
      'Use an RPC endpoint that answers debug_traceTransaction, or add one: what others registered stays unknown.',
  },
  REGISTER_REVERTED: { retryable: true, remedy: 'Read the records again and plan again.' },
  DEADLINE_PASSED: { retryable: false, remedy: 'The challenge window is closed; nothing can be registered any more.' },
  ACCOUNT_UNDERFUNDED: {
    retryable: true,
    remedy: 'Send funds to the accounts that pay for transactions, or let the operator of the watcher do so.',
  },
  BUDGET_EXCEEDED: {
    retryable: true,
    remedy:
      'Raise the budget that the message names, or wait for the next day. First answers are paid in any case: what waits is a newer state in the place of an answer that stands.',
  },
  TRANSACTION_REPLACED: { retryable: true, remedy: 'Let nobody else send from the account of the watcher.' },
  CONNECTION_LOST: {
    retryable: true,
    remedy: 'Check the network and the address of the watcher; the client keeps trying.',
  },
  CONNECTION_REFUSED: {
    retryable: true,
    remedy:
      'Let the operator allow the public key of this client; the client keeps trying and will then get in by itself.',
  },
  PROTOCOL_VERSION: { retryable: false, remedy: 'Use versions of client and watcher that speak a common protocol.' },
  PROTOCOL_VIOLATION: {
    retryable: false,
    remedy: 'Correct the program that sent it; packages/protocol/docs/wire.md says what is allowed.',
  },
  MESSAGE_TOO_LARGE: { retryable: false, remedy: 'Send a smaller state, or let the operator raise the limit.' },
  OVERLOADED: { retryable: true, remedy: 'Wait for answers before sending more; the same request may succeed later.' },
  RATE_LIMITED: { retryable: true, remedy: 'Publish less often, or let the operator raise the limit of this client.' },
  QUOTA_EXCEEDED: {
    retryable: true,
    remedy: 'Stop watching channels that are settled, or let the operator raise the quota of this client.',
  },
  PUBLISH_SUPERSEDED: {
    retryable: false,
    remedy: 'Nothing to do if a newer state was acknowledged; otherwise publish the newest state again.',
  },
  RECEIPT_INVALID: {
    retryable: false,
    remedy: 'Do not rely on this watcher: what it signed is not what was published. Keep the receipt.',
  },
  SERVER_FAILED: { retryable: true, remedy: 'Tell the operator of the watcher; its log has the cause.' },
  PLAINTEXT_REFUSED: {
    retryable: false,
    remedy: 'Give keys, use a loopback address, or ask for plain text explicitly.',
  },
  ADDRESS_UNUSABLE: { retryable: false, remedy: 'Correct the address, or end the program that uses it.' },
  OPTION_INVALID: { retryable: false, remedy: 'Correct the option.' },
} as const satisfies Record<string, { readonly retryable: boolean; readonly remedy: string }>

export type ErrorCode = keyof typeof errorCodes
