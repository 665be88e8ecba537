/** What one endpoint says about a stretch of the chain. */
export interface EndpointAnswer {
  /** Of the endpoint, without secrets. */
  readonly name: string
  /** Hash of the last block of the stretch. */
  readonly blockHash: string
  /** The logs of the adjudicator in it, in their order, each as text. */
  readonly logs: readonly string[]
}

/** Blocks `from` to `to`, both included. */
export interface Stretch {
  readonly from: bigint
  readonly to: bigint
}

/** What the endpoints do not agree about, as sentences. Which of them is right nobody can tell from this. */
export function disagreements(accounts: readonly EndpointAnswer[], { from, to }: Stretch): readonly string[] {
  const blocks = groups(accounts, ({ blockHash }) => blockHash)
  // With other blocks, other logs are no wonder.
  if (blocks.size > 1) return [`Block ${to} is ${told(blocks, (hash) => hash)}.`]
  const logs = groups(accounts, (account) => account.logs.join('\n'))
  if (logs.size <= 1) return []
  return [`The logs of blocks ${from} to ${to} are ${told(logs, (_, [first]) => `${first?.logs.length ?? 0} logs`)}.`]
}

/** Endpoints whose newest block is so much older than that of another one. */
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
