import { type Block, hasCode, parseLedgerId, type SignedState, WatcherError } from '@perun-watcher/core'
import {
  type AdjudicatorSubscription,
  type Inclusion,
  perunRules,
  type RecordUpdate,
  type RegistererSubscriber,
  type RegistrationSizes,
  type SendOptions,
  type SpendingCause,
  type SpendingView,
  type SubscribeOptions,
  spendingBook,
} from '@perun-watcher/core/adapter'
import { type Lifetime, lifetime, raceSignal, steadyClock } from '@perun-watcher/core/internal'
import { callsAtBlock } from '../calls/calls-at-block.ts'
import { waysOf } from '../calls/way.ts'
import { v1 } from '../codec/v1.ts'
import { conclusionGas } from '../limits/conclusion-gas.ts'
import { chainReader } from '../logs/chain-reader.ts'
import { findRegistrations } from '../logs/find-registrations.ts'
import { follow } from '../logs/follow.ts'
import { parseLogs } from '../logs/parse-logs.ts'
import { recordLookup } from '../records/bulk-records.ts'
import { recordReader } from '../records/record-reader.ts'
import { recordsReader } from '../records/records-reader.ts'
import { toldRecords } from '../records/told-records.ts'
import { playedState } from '../registered-states/played-state.ts'
import { registeredStates } from '../registered-states/registered-states.ts'
import type { Address, EvmClient } from '../rpc/evm-client.ts'
import { refusalOf } from '../rpc/parse-rpc.ts'
import { withRequestTimeout } from '../rpc/with-request-timeout.ts'
import { type TransactionManager, transactionManager } from '../transactions/manager/transaction-manager.ts'
import { type ValueAtStake, valueAtStake } from '../value/value-at-stake.ts'
import { channelBackend } from '../verify/channel-backend.ts'
import { signerRecovery } from '../verify/signer-recovery.ts'
import { checkOptions, type EvmBackendOptions } from './backend-options.ts'
import { probeContract } from './probe-contract.ts'
import { withSigningTimeout } from './with-signing-timeout.ts'

const generation = v1

/** How many times the gas that is usual a conclusion may take. */
const conclusionMargin = 2n

/** A chain backend that tells what its transactions cost. */
export interface EvmBackend extends RegistererSubscriber {
  /** In wei and gas. */
  readonly spending: SpendingView
  readonly valueAtStake: ValueAtStake
}

function closedError(): WatcherError {
  return new WatcherError('WATCHER_CLOSED', 'The chain backend is closed.')
}

/** What the logs of a receipt say; nothing where they are odd, since what was sent is included all the same. */
function updatesIn(logs: unknown, adjudicator: Address): readonly RecordUpdate[] {
  if (!Array.isArray(logs)) return []
  return parseLogs(logs, adjudicator).logs.map(({ channelId, version }) => ({ channelId, version }))
}

/** A registration calls nobody else's code: only its size can use up all the gas that the node gives to a simulation. */
function isOutOfGas(error: unknown): boolean {
  const refusal = hasCode(error, 'REGISTER_REVERTED') ? refusalOf(error.cause) : undefined
  return refusal !== undefined && /out of gas|gas required exceeds/i.test(refusal.message)
}

function registrationTooLarge(cause: unknown): WatcherError {
  return new WatcherError('TREE_TOO_LARGE', 'The registration takes more gas than the node allows.', {
    details: ['Use a node that takes more, or give the `limits` of this one.'],
    cause,
  })
}

function asCount(amount: bigint): number {
  return Math.min(Number(amount), Number.MAX_SAFE_INTEGER)
}

/** The same client until its lifetime ends; then every request rejects with the reason. */
function whileOpen(client: EvmClient, life: Lifetime): EvmClient {
  return {
    ...client,
    request: (method, params, options) =>
      life.run((closing) => raceSignal(client.request(method, params, options), closing)),
  }
}

/**
 * One adjudicator on one EVM chain, over any JSON-RPC client. Nothing is sent before `start`.
 *
 * `ledgerId` is `eip155:<chain id>:<adjudicator>:<contract generation>`. `probe` rejects with `CHAIN_MISMATCH` where the
 * endpoint is of another chain, or the address holds no adjudicator of this generation.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export function evmBackend(options: EvmBackendOptions): EvmBackend {
  const given = checkOptions(options)
  const checked = { ...given, clock: steadyClock(given.clock) }
  const { adjudicator, chainId, clock, random, logger, finalityDepth, pollIntervalMs, requestTimeoutMs } = checked
  const ledgerId = parseLedgerId(`eip155:${chainId}:${adjudicator}:${generation.name}`)
  const life = lifetime()
  const client = whileOpen(withRequestTimeout(checked.client, clock, requestTimeoutMs), life)
  const reader = chainReader(client, adjudicator)
  const spending = spendingBook({ budgets: checked.budgets, clock, logger })
  const transactions = transactionManager({
    ...checked,
    spending,
    ...withSigningTimeout(checked, ledgerId),
    maxGas: checked.limits.work,
    pollIntervalMs: checked.silenceMs,
  })
  const recovery = signerRecovery(checked.signatureThreads, clock, logger)
  const ledgerRules = channelBackend(generation, recovery, checked.limits)
  const sizes: RegistrationSizes = ledgerRules
  const subscriptions = new Set<AdjudicatorSubscription>()
  let reportedHead: Block | undefined
  const told = toldRecords()
  const ways = waysOf(recordLookup(adjudicator, generation), clock)
  const recordDeps = { reader, adjudicator, generation, told, ways, clock, reportedHead: () => reportedHead }
  const singleReader = recordReader({ ...recordDeps, calls: callsAtBlock({ client, reader }) })
  // Its calls are counted apart.
  const sweepCalls = callsAtBlock({ client, reader })
  const sweepReader = recordReader({ ...recordDeps, calls: sweepCalls })
  let closed: Promise<void> | undefined

  function subscribe({ fromBlock }: SubscribeOptions): AdjudicatorSubscription {
    const subscription = follow(
      { fromBlock, finalityDepth, pollIntervalMs },
      {
        reader,
        watchHeads: client.watchHeads,
        clock,
        random,
        logger,
        onReset() {
          probeContract({ client, chainId, adjudicator, generation }).catch((error: unknown) => {
            if (closed === undefined) logger.error('The RPC endpoint is not of this ledger any more', {}, error)
          })
        },
        onStep({ head, added }) {
          reportedHead = head
          told.noteLogs(added)
          void transactions.onHead(head)
        },
      },
    )
    subscriptions.add(subscription)
    if (closed !== undefined) void subscription.close()
    return subscription
  }

  const stake = valueAtStake({
    calls: callsAtBlock({ client, reader }),
    clock,
    chainId,
    etherHolders: checked.etherHolders,
  })

  /** Asked only where it limits anything: a first answer waits for nothing. */
  async function valueFor(channel: SignedState, { purpose, signal }: SendOptions): Promise<bigint | undefined> {
    const isLimited = purpose !== undefined && purpose.rank !== 'first-answer'
    return isLimited && spending.budgets.percentOfValue !== undefined ? await stake(channel, { signal }) : undefined
  }

  async function send(
    channel: SignedState,
    call: Pick<Parameters<TransactionManager['send']>[0], 'data' | 'gas' | 'maxGas'>,
    kind: SpendingCause['call'],
    options: SendOptions,
  ): Promise<Inclusion> {
    const { deadline, onSent, signal } = options
    const purpose = options.purpose && { ...options.purpose, call: kind }
    const value = await valueFor(channel, options)
    const request = { ...call, to: adjudicator, deadline, purpose, value, onSent }
    const { logs, ...included } = await transactions.send(request, { signal })
    return { ...included, updates: updatesIn(logs, adjudicator) }
  }

  function registrationGas(channels: readonly SignedState[]): bigint {
    return channels.reduce((sum, channel) => sum + sizes.sizeOf(channel).work, sizes.envelope.work)
  }

  async function closeAll(): Promise<void> {
    // First the streams: they would take the end of the client for an outage.
    const closing = [...[...subscriptions].map((subscription) => subscription.close()), transactions.close()]
    life.end(closedError())
    await Promise.all([...closing, recovery.close()])
  }

  return {
    ...ledgerRules,
    ledgerId,

    probe: (options) => probeContract({ client, chainId, adjudicator, generation }, options),
    async start(options) {
      await spending.open(checked.spendingLog.spendingLog(ledgerId))
      await transactions.start(options)
    },
    spending,
    valueAtStake: stake,

    subscribe,
    readRecord: singleReader.read,
    readRecords: recordsReader({
      calls: sweepCalls,
      recordReader: sweepReader,
      adjudicator,
      generation,
      told,
      ways,
      clock,
      random,
      logger,
    }),

    findRegistrations: findRegistrations(reader),

    recoverStates: (log, { signal, stateHash } = {}) =>
      registeredStates({ client, adjudicator, generation, ownCall: transactions.callOf }, log.transactionHash, {
        channelId: log.channelId,
        stateHash,
        signal,
      }),

    recoverProgress: ({ channelId, transactionHash }, { signal } = {}) =>
      playedState({ client, adjudicator, generation }, transactionHash, { channelId, signal }),

    rules: perunRules,

    async register(channel, subChannels, options) {
      try {
        const data = generation.encodeRegister(channel, subChannels)
        return await send(channel, { data, gas: registrationGas([channel, ...subChannels]) }, 'register', options)
      } catch (error) {
        throw isOutOfGas(error) ? registrationTooLarge(error) : error
      }
    },
    concludeFinal: async (channel, options) => {
      const gas = conclusionGas(sizes, channel)
      // Whoever holds the assets decides what it takes; a registration of the same state calls none of them.
      const data = generation.encodeConcludeFinal(channel)
      return send(channel, { data, gas, maxGas: conclusionMargin * gas }, 'concludeFinal', options)
    },

    throughput: () => ({
      places: transactions.places,
      payable: transactions.payable === undefined ? undefined : asCount(transactions.payable),
      secondsPerBlock: checked.blockSeconds,
    }),

    close() {
      closed ??= closeAll()
      return closed
    },
  }
}
