import { type Clock, hasCode, WatcherError } from '@perun-watcher/core'
import type { Address } from '../../rpc/evm-client.ts'
import { refusalOf } from '../../rpc/parse-rpc.ts'
import { classifySimulation } from '../node/classify-error.ts'
import type { NodeRpc } from '../node/node-rpc.ts'
import { revertReason } from '../node/revert-reason.ts'
import { answerInTime, patienceOf } from './answer-in-time.ts'
import { rankOf } from './fair-order.ts'
import type { Job, TransactionRequest } from './job.ts'
import { underfunded } from './transaction-errors.ts'

export interface FindGasDeps {
  readonly account: Address
  readonly nodeRpc: NodeRpc
  readonly clock: Clock
}

/** What is computed has a margin; a call that takes so many times as much is not the one that was computed. */
const plausibleTimes = 2n

/** geth "gas required exceeds allowance (N)", anvil "…: N": what the node gives to a simulation, or what the account can pay. */
const allowancePattern = /exceeds allowance\D*(\d+)/

/**
 * How much gas a call takes, without any margin; says so before anything is sent where the contract would refuse it.
 *
 * Three questions, one after the other as long as a node is of no help: an estimate as of the newest block; an estimate
 * without saying as of when, for nodes that take one argument; and whether the call would succeed with the gas that was
 * computed for it. If nobody can tell, that is what it gets: what no node simulates can still be sent. That the contract would
 * refuse it, that it cannot be paid for, or that it takes far more than was computed, is believed when a second endpoint says
 * so as well, where there is one.
 *
 * @param secondsLeft until the deadline: the less, the shorter a question may take.
 * @throws WatcherError `REGISTER_REVERTED`, `ACCOUNT_UNDERFUNDED`; and where nothing was computed the errors of the node.
 */
export async function findGas(deps: FindGasDeps, job: Job, secondsLeft: bigint): Promise<bigint> {
  const { account, nodeRpc } = deps
  const { request, signal } = job
  const { gas: computed } = request
  const patienceMs = patienceOf(secondsLeft)
  const askOne = (question: Question, secondOpinion: boolean): Promise<bigint | undefined> =>
    answerInTime((options) => verdictOf(deps, request, question({ ...options, secondOpinion })), {
      clock: deps.clock,
      signal,
      patienceMs,
      isVerdict,
    })
  const ask = async (question: Question): Promise<bigint | undefined> => {
    try {
      return await askOne(question, false)
    } catch (verdict) {
      // One endpoint's word, which may be wrong or old, keeps nothing from being sent that cannot wait.
      if (!isVerdict(verdict) || rankOf(job) === 'settlement') throw verdict
      const other = await askOne(question, true)
      if (other === undefined) throw verdict
      return other
    }
  }
  /** An estimate far above what is plausible costs the place in every block that has less room: another endpoint is asked. */
  async function estimated(plausible: bigint, tag: 'latest' | undefined): Promise<bigint | undefined> {
    const question: Question = (options) => nodeRpc.estimateGas(account, request, { tag, ...options })
    const estimate = await ask(question)
    if (estimate === undefined || estimate <= plausible) return estimate
    const other = await askOne(question, true).catch(() => undefined)
    signal.throwIfAborted()
    return other !== undefined && other < estimate ? other : estimate
  }
  if (computed === undefined) {
    return await verdictOf(deps, request, nodeRpc.estimateGas(account, request, { tag: 'latest', signal }))
  }
  const plausible = plausibleTimes * computed
  return (
    (await estimated(plausible, 'latest')) ??
    (await estimated(plausible, undefined)) ??
    (await ask(async (options) => {
      await nodeRpc.simulate(account, { ...request, gas: computed }, options)
      return computed
    })) ??
    computed
  )
}

type Question = (options: { readonly signal: AbortSignal; readonly secondOpinion: boolean }) => Promise<bigint>

function isVerdict(error: unknown): boolean {
  return hasCode(error, 'REGISTER_REVERTED') || hasCode(error, 'ACCOUNT_UNDERFUNDED')
}

async function verdictOf(
  { account, nodeRpc }: FindGasDeps,
  request: TransactionRequest,
  answer: Promise<bigint>,
): Promise<bigint> {
  try {
    return await answer
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    const reason = classifySimulation(error)
    if (reason === 'underfunded') throw underfunded(account, await nodeRpc.balance(account), undefined)
    const isVerdict = reason === 'reverted' || (reason === 'tooMuchGas' && !isAllowanceShort(refusal.message, request))
    if (!isVerdict) throw error
    throw new WatcherError('REGISTER_REVERTED', 'The contract would refuse the transaction; it was not sent.', {
      details: [`Reason: ${revertReason(refusal)}.`],
      cause: error,
    })
  }
}

/** Whether a node gave a simulation less gas than the call was computed to take: no verdict on the call. */
function isAllowanceShort(message: string, { gas }: TransactionRequest): boolean {
  const allowance = allowancePattern.exec(message.toLowerCase())?.[1]
  return gas !== undefined && allowance !== undefined && BigInt(allowance) < gas
}
