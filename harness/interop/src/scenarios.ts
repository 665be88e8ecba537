/** Who watches for the honest party: our daemon, or the watcher that go-perun brings along. */
export type WatcherKind = 'daemon' | 'go-perun'

export interface Scenario {
  /** The Go program knows it by the same name. */
  readonly name: string
  /** Why it says nothing about go-perun's own watcher. */
  readonly notOfGoPerun?: string
}

export const scenarios: readonly Scenario[] = [
  { name: 'cooperative-ledger' },
  { name: 'cooperative-sub' },
  { name: 'ledger-old-state' },
  { name: 'old-state-withdrawn' },
  { name: 'role-mallory-carol' },
  { name: 'role-dispute-susie-tim' },
  { name: 'role-petra-robert' },
  { name: 'sub-old-state' },
  { name: 'nested-old-state' },
  { name: 'virtual-far-party' },
  { name: 'virtual-hub-cheats' },
  { name: 'virtual-hub' },
  { name: 'forced-updates' },
  { name: 'forced-by-victim' },
  { name: 'forced-sub' },
  { name: 'client-shut-down' },
  { name: 'client-killed' },
  { name: 'client-restored' },
  { name: 'client-restored-sub' },
  { name: 'daemon-killed', notOfGoPerun: 'it has no daemon' },
  { name: 'store-lost', notOfGoPerun: 'it has no store' },
  { name: 'node-cut' },
  { name: 'reorg' },
  { name: 'twenty-clients' },
]
