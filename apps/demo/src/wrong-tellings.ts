import { transactionFromAbi } from '@perun-watcher/chain-evm'
import type { State } from '@perun-watcher/devnet'
import { eth, newestOf, participant, stateAt } from './agreed.ts'
import type { Agreed, WrongTelling } from './model.ts'

/** Wrong things one can say about a channel with at least two versions; the second participant is the one who lies. */
export async function wrongTellings(agreed: Agreed): Promise<readonly WrongTelling[]> {
  const { channel } = agreed
  const { state: newest } = newestOf(agreed)
  const liar = participant(agreed, 1)
  const better: State = channel.state(newest.version + 1n, { balances: eth(0, 10) })
  const other: State = channel.state(newest.version, { balances: eth(0, 10) })
  const signed = transactionFromAbi(await channel.signed(better))
  const forged = transactionFromAbi({ state: better, sigs: [await liar.sign(better), await liar.sign(better)] })
  const stale = transactionFromAbi(stateAt(agreed, 1n))
  const conflicting = transactionFromAbi(await channel.signed(other))
  const { state } = signed
  return [
    {
      attempt: 'a state with a negative version',
      code: 'STATE_MALFORMED',
      tell: ({ publish }) => publish({ ...signed, state: { ...state, version: -1n } }),
    },
    {
      attempt: 'a state with a balance too few',
      code: 'STATE_DIMENSIONS',
      tell: ({ publish }) =>
        publish({ ...signed, state: { ...state, outcome: { ...state.outcome, balances: [[1n]] } } }),
    },
    {
      attempt: "a newer state with Mallory's signature in Alice's place",
      code: 'SIGNATURE_INVALID',
      tell: ({ publish }) => publish(forged),
    },
    { attempt: 'an older state', code: 'VERSION_STALE', tell: ({ publish }) => publish(stale) },
    {
      attempt: 'another state with the newest version',
      code: 'VERSION_CONFLICT',
      tell: ({ publish }) => publish(conflicting),
    },
    {
      attempt: 'a channel that nobody watches',
      code: 'CHANNEL_UNKNOWN',
      tell: ({ watcher }) => watcher.stopWatching(`0x${'c0'.repeat(32)}`),
    },
  ]
}
