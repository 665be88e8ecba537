declare const brand: unique symbol

/**
 * A value that went through the `parse…` function of its kind. Nothing else makes one, so whoever holds it may trust it.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Any `0x…` text; not yet checked. */
export type Hex = `0x${string}`

/** Bytes as lower-case hexadecimal text with an even number of digits. */
export type Bytes = Brand<Hex, 'Bytes'>

/** 32 bytes that name a channel: the hash of its parameters. */
export type ChannelId = Brand<Hex, 'ChannelId'>

/** 32 bytes: the hash of one state, as the adjudicator stores it and participants sign it. */
export type StateHash = Brand<Hex, 'StateHash'>

/** One participant's signature of a state. */
export type Signature = Brand<Hex, 'Signature'>

/** 32 bytes that name a block of the ledger. */
export type BlockHash = Brand<Hex, 'BlockHash'>

/** 32 bytes that name a transaction of the ledger. */
export type TransactionHash = Brand<Hex, 'TransactionHash'>

/** Whose watches and events these are: the name under which a transport knows a client, across connections and restarts. */
export type ClientName = Brand<string, 'ClientName'>

/**
 * Names one ledger: chain, adjudicator and contract generation, such as `eip155:1:0x…:v1`. Visible ASCII, at most 256
 * characters.
 */
export type LedgerId = Brand<string, 'LedgerId'>
