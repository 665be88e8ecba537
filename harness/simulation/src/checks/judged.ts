import { contract } from '../judge/contract/contract.ts'
import { type Notary, rememberingNotary } from '../judge/contract/notary.ts'
import { type Judge, judge } from '../judge/judge.ts'
import { simChannelId, simSignature, simSigned, simStateHash } from '../world/crypto.ts'
import { evidenceOf } from './evidence.ts'
import type { RunOutcome } from './outcome.ts'

/** For the stand-ins of hashes and signatures that the simulated chain goes by. */
export function simNotary(): Notary {
  return rememberingNotary({
    channelId: simChannelId,
    stateHash: simStateHash,
    hasSigned: (params, state, participant, signature) => {
      const address = params.participants[participant]?.address
      return address !== undefined && signature === simSignature(address, state)
    },
  })
}

export function simJudge(): Judge {
  const notary = simNotary()
  return judge({ notary, contract: contract(notary), signByAll: simSigned })
}

/** Nobody was worse off than a watcher that keeps its promises would have left them. */
export function checkJudged(outcome: RunOutcome, judge: Judge): readonly string[] {
  return evidenceOf(outcome).flatMap((evidence) => judge.verdict(evidence))
}
