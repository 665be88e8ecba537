import { stateToAbi } from '@perun-watcher/chain-evm/internal'
import { type Hex, parseSignature, type Signature, type State } from '@perun-watcher/core'
import { signState, signWithdrawal, type WithdrawalAuth } from '@perun-watcher/devnet'

/** Signs states; the same signature is made once. */
export type Sign = (key: Hex, state: State) => Promise<Signature>

export function rememberingSigner(): Sign {
  const made = new WeakMap<State, Map<Hex, Promise<Signature>>>()
  return (key, state) => {
    const ofState = made.get(state) ?? new Map<Hex, Promise<Signature>>()
    made.set(state, ofState)
    const known = ofState.get(key)
    if (known !== undefined) return known
    const signature = signState(key, stateToAbi(state)).then((text) => parseSignature(text))
    ofState.set(key, signature)
    return signature
  }
}

/** Signs the leave to take money out of a settled channel. */
export async function withdrawalSignature(key: Hex, authorization: WithdrawalAuth): Promise<Signature> {
  return parseSignature(await signWithdrawal(key, authorization))
}
