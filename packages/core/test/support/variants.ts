import { modelChannelId, modelSigned, type TestChannel, testChannel } from '../../src/testing/index.ts'
import { parseBytes } from '../../src/validation/parse-hex.ts'

/** A sub-channel of three, which two of them may sign below channels of their own. */
export function ofThree(): TestChannel {
  return variant({}, [`0xc${'0'.repeat(39)}`])
}

/** A channel that is both kinds: it can be registered by itself, and below others. */
export function ledgerAndVirtual(): TestChannel {
  return variant({ ledgerChannel: true, virtualChannel: true }, [])
}

function variant(
  flags: { readonly ledgerChannel?: boolean; readonly virtualChannel?: boolean },
  others: readonly `0x${string}`[],
): TestChannel {
  const inner = testChannel({ kind: 'sub', funds: 50n })
  const [first] = inner.params.participants
  if (first === undefined) throw new Error('There are two.')
  const more = others.map((address) => ({ ...first, address: parseBytes(address) }))
  const params = { ...inner.params, ...flags, participants: [...inner.params.participants, ...more] }
  const id = modelChannelId(params)
  return {
    ...inner,
    id,
    params,
    signed(version, options) {
      const { state } = inner.signed(version, options)
      const balances = state.outcome.balances.map((row) => [...row, ...more.map(() => 0n)])
      return modelSigned(params, { ...state, channelId: id, outcome: { ...state.outcome, balances } })
    },
  }
}
