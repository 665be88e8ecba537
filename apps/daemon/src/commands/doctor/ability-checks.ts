import type { Address, EvmClient } from '@perun-watcher/chain-evm'
import { type Header, type RpcFailure, refusalOf, rpcFailure } from '@perun-watcher/chain-evm/internal'
import type { AbortOptions, Hex } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { type Finding, fail, ok, warn } from './finding.ts'

/** One endpoint, and what is needed to try what a dispute would need. */
export interface AbilitySubject {
  /** Name of the endpoint in findings. */
  readonly name: string
  readonly client: EvmClient
  /** A transaction of this chain that every node refuses. */
  readonly invalidTransaction: () => Promise<Hex>
}

const nobody = `0x${'00'.repeat(20)}` as const

/** What became of a request: an answer, a verdict about the call, or what was in the way. */
type Outcome =
  | { readonly type: 'answered'; readonly answer: unknown }
  | { readonly type: 'failed'; readonly failure: RpcFailure; readonly said: string }

async function outcomeOf(
  client: EvmClient,
  method: string,
  params: readonly unknown[],
  { signal }: AbortOptions,
): Promise<Outcome> {
  try {
    return { type: 'answered', answer: await client.request(method, params, { signal }) }
  } catch (error) {
    signal?.throwIfAborted()
    const said = refusalOf(error)?.message ?? toError(error).message
    return { type: 'failed', failure: rpcFailure(method, error), said }
  }
}

const isVerdict = (outcome: Outcome): boolean => outcome.type === 'answered' || outcome.failure === 'call'

/** Whether the endpoint takes transactions, by what it says to one that no node takes. Nothing is sent. */
export async function checkSends(subject: AbilitySubject, options: AbortOptions): Promise<Finding> {
  const { name, client, invalidTransaction } = subject
  const check = `rpc.sends ${name}`
  const outcome = await outcomeOf(client, 'eth_sendRawTransaction', [await invalidTransaction()], options)
  if (outcome.type === 'answered') {
    return warn(
      check,
      'Accepted a transaction that no block can include.',
      'It does not look at transactions, and may lose them. Name another endpoint besides.',
    )
  }
  if (outcome.failure === 'call')
    return ok(check, `Takes transactions; refused an invalid one as it should: ${outcome.said}`)
  return fail(check, `Takes no transactions: ${outcome.said}`, 'Use an endpoint with eth_sendRawTransaction.')
}

/** Whether the endpoint estimates gas, and in which form. */
export async function checkEstimates({ name, client }: AbilitySubject, options: AbortOptions): Promise<Finding> {
  const check = `rpc.estimates ${name}`
  const call = { from: nobody, to: nobody }
  const usual = await outcomeOf(client, 'eth_estimateGas', [call, 'latest'], options)
  if (isVerdict(usual)) return ok(check, 'Estimates gas.')
  const plain = await outcomeOf(client, 'eth_estimateGas', [call], options)
  const said = usual.type === 'failed' ? usual.said : ''
  if (isVerdict(plain)) {
    return warn(
      check,
      `Estimates gas only where it is not said as of which block: ${said}`,
      'Nothing has to be done. Another endpoint saves one request per refutation.',
    )
  }
  return fail(
    check,
    `Does not estimate gas: ${said}`,
    'Use an endpoint with eth_estimateGas. Without it gas is computed, and what the contract would refuse is noticed only once it was paid for.',
  )
}

/** Whether blocks have a base fee, by which offers are made. */
export function judgeBaseFee({ name }: Pick<AbilitySubject, 'name'>, { baseFeePerGas }: Header): Finding {
  const check = `rpc.fees ${name}`
  if (baseFeePerGas !== undefined) return ok(check, `The newest block asks for ${baseFeePerGas} wei per gas.`)
  return warn(
    check,
    'Blocks have no base fee.',
    'Make sure that the chain takes transactions of EIP-1559: the watcher sends no others.',
  )
}

/** Returns the number 42, as the code of an account and as code that creates a contract alike. */
const program = '0x602a60005260206000f3'
const answerOfProgram = /^0x0{62}2a$/

/** How the records of many channels can be read at once: in which way, if any. */
export async function checkBulkReading(
  { name, client }: AbilitySubject,
  { hash }: Pick<Header, 'hash'>,
  adjudicator: Address,
  options: AbortOptions,
): Promise<Finding> {
  const check = `rpc.bulk ${name}`
  const works = (outcome: Outcome): boolean =>
    outcome.type === 'answered' && typeof outcome.answer === 'string' && answerOfProgram.test(outcome.answer)
  const at = { blockHash: hash }
  const override = [{ to: adjudicator, data: '0x' }, at, { [adjudicator]: { code: program } }]
  if (works(await outcomeOf(client, 'eth_call', override, options))) {
    return ok(check, 'Reads thousands of records with one call (state overrides).')
  }
  const creation = await outcomeOf(client, 'eth_call', [{ data: program }, at], options)
  if (works(creation)) {
    return warn(
      check,
      'Takes no state overrides: records are read by code that creates a contract, some 1 400 with one call.',
      'Nothing has to be done below some 100 000 channels.',
    )
  }
  return warn(
    check,
    'Runs no code but that of contracts: records are read one by one.',
    'With more than a few hundred channels use an endpoint that takes state overrides in eth_call, or raise sweep.calls_per_minute.',
  )
}
