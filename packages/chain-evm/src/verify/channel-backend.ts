import type { ChannelId, Params } from '@perun-watcher/core'
import type { ChannelBackend, LedgerLimits } from '@perun-watcher/core/adapter'
import type { Generation } from '../codec/generation.ts'
import { channelId, stateHash } from '../codec/hash.ts'
import { v1 } from '../codec/v1.ts'
import { ledgerLimits } from '../limits/ledger-limits.ts'
import { registrationSizes } from '../limits/registration-sizes.ts'
import { inlineSignerRecovery } from './inline-signer-recovery.ts'
import type { SignerRecovery } from './signature-question.ts'
import { judgeKeys, questionsOf } from './verify-signed-state.ts'

/**
 * The rules of one contract generation in the form that the engine expects.
 *
 * The id of parameters is cached by object, so nobody may change them afterwards.
 *
 * @param recovery - where signatures are checked. Default: here and now.
 * @param limits - what the nodes of the chain take. Default: Ethereum's.
 */
export function channelBackend(
  generation: Generation = v1,
  recovery: SignerRecovery = inlineSignerRecovery(),
  limits: LedgerLimits = ledgerLimits(),
): ChannelBackend {
  /** The engine passes the same object of parameters with each state of a busy channel. */
  const ids = new WeakMap<Params, ChannelId>()

  function idOf(params: Params): ChannelId {
    const known = ids.get(params)
    if (known !== undefined) return known
    const id = channelId(params, generation)
    ids.set(params, id)
    return id
  }

  return {
    ...registrationSizes(limits),
    channelId: (params) => channelId(params, generation),
    stateHash: (state) => stateHash(state, generation),
    async verify(signed) {
      const asked = questionsOf(signed, idOf(signed.params), generation)
      return judgeKeys(signed, asked, await recovery.recover(asked.questions))
    },
  }
}
