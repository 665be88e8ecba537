import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { probeContract, v1 } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions } from '@perun-watcher/core'
import { type Finding, failedBy, ok } from './finding.ts'

export interface ContractSubject {
  readonly client: EvmClient
  readonly chainId: bigint
  readonly adjudicator: Address
}

/** Whether the adjudicator exists and hashes as the watcher does; `run` does not start otherwise. */
export async function checkContract(subject: ContractSubject, options: AbortOptions): Promise<Finding> {
  try {
    await probeContract({ ...subject, generation: v1 }, options)
    return ok('contract', `${subject.adjudicator} is a Perun adjudicator of generation ${v1.name}.`)
  } catch (error) {
    options.signal?.throwIfAborted()
    return failedBy('contract', error)
  }
}
