/** What an endpoint says about a range of blocks. */
export interface EndpointAnswer {
  /** Name of the endpoint, without secrets. */
  readonly name: string
  /** Hash of the last block of the range. */
  readonly blockHash: string
  /** The adjudicator's logs in the range, in order, each as text. */
  readonly logs: readonly string[]
}

/** Blocks `from` to `to`, inclusive. */
export interface Stretch {
  readonly from: bigint
  readonly to: bigint
}

/** What the endpoints disagree about, as sentences. This cannot tell which of them is right. */
export function disagreements(accounts: readonly EndpointAnswer[], { from, to }: Stretch): readonly string[] {
  const blocks = groups(accounts, ({ blockHash }) => blockHash)
  // Different blocks have different logs; that adds nothing.
  if (blocks.size > 1) return [`Block ${to} is ${told(blocks, (hash) => hash)}.`]
  const logs = groups(accounts, (account) => account.logs.join('\n'))
  if (logs.size <= 1) return []
  return [`The logs of blocks ${from} to ${to} are ${told(logs, (_, [first]) => `${first?.logs.length ?? 0} logs`)}.`]
}

/** Endpoints whose newest block is older than another's by more than `maxLagSeconds`. */
export function laggards(
  heads: readonly { readonly name: string; readonly timestamp: bigint }[],
  maxLagSeconds: number,
): readonly string[] {
  const newest = heads.reduce((most, { timestamp }) => (timestamp > most ? timestamp : most), 0n)
  return heads.flatMap(({ name, timestamp }) => (newest - timestamp > BigInt(maxLagSeconds) ? [name] : []))
}

type Groups = ReadonlyMap<string, readonly EndpointAnswer[]>

function groups(accounts: readonly EndpointAnswer[], key: (account: EndpointAnswer) => string): Groups {
  const found = new Map<string, EndpointAnswer[]>()
  for (const account of accounts) found.set(key(account), [...(found.get(key(account)) ?? []), account])
  return found
}

function told(found: Groups, what: (key: string, group: readonly EndpointAnswer[]) => string): string {
  return [...found]
    .map(([key, group]) => `${what(key, group)} at ${group.map(({ name }) => name).join(' and ')}`)
    .join(', but ')
}
