/** Whose key: of a device, of this watcher towards its clients, of its receipts, of the account that pays. */
export const keyKinds = ['device', 'server', 'receipts', 'account'] as const

export type KeyKind = (typeof keyKinds)[number]
