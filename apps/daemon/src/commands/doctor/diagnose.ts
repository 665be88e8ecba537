import { parseAddress } from '@perun-watcher/chain-evm'
import type { AbortOptions, Clock } from '@perun-watcher/core'
import { chainLibrary } from '../../chain/chain-libraries.ts'
import type { Connection } from '../../chain/chain-opener.ts'
import { invalidTransaction, nobodysKey } from '../../chain/invalid-transaction.ts'
import { type ConfigSources, loadConfig } from '../../config/load.ts'
import { dataPlaces } from '../../config/places.ts'
import type { Config } from '../../config/schema.ts'
import { findDaemon } from '../../control/control-client.ts'
import { loadAccounts } from '../../keys/accounts.ts'
import { type AllowedClients, allowedClients } from '../../keys/allowed-clients.ts'
import { loadRpcUrls } from '../../keys/rpc-urls.ts'
import { type ExamineDeps, examine } from './examine.ts'
import { type Finding, fail, failedBy, ok, warn } from './finding.ts'
import { whatIsGuarded } from './guarded.ts'
import { chainSubjectOf, subjectsOf } from './subjects.ts'
import { checkTlsKeys } from './tls-checks.ts'

export interface DiagnoseOptions extends AbortOptions {
  readonly sources: ConfigSources
  readonly clock: Clock
  /** Seconds since 1970. */
  readonly now: () => number
}

/**
 * Reads the configuration and the files that it names, and checks everything that `run` would need.
 *
 * @throws ConfigError if the configuration is invalid.
 */
export async function* diagnose({ sources, clock, now, signal }: DiagnoseOptions): AsyncGenerator<Finding> {
  const { config, missing } = await loadConfig(sources)
  const places = dataPlaces(config, sources.env)
  yield* missing.map(({ key, what, remedy }) => fail(`config ${key}`, what, remedy))
  const rpcUrls = await tried('rpc.urls', () => loadRpcUrls(config.chain))
  if (rpcUrls.failure !== undefined) yield rpcUrls.failure
  const accounts = await tried('account.key', () => loadAccounts(config.account))
  if (accounts.failure !== undefined) yield accounts.failure
  const addresses = (accounts.value ?? []).map(({ address }) => parseAddress(address))
  if (addresses.length > 0) yield ok('account.key', `Pays for refutations: ${addresses.join(', ')}.`)
  const clients = await tried('clients', () => allowedClients(config.listen))
  if (clients.failure !== undefined) yield clients.failure
  if (clients.value !== undefined) yield judgeClients(clients.value)
  yield* await checkTlsKeys(config.listen, places, now())
  const daemon = await tried('daemon', () => findDaemon(places.controlSocket, { signal }))
  if (daemon.failure !== undefined) yield daemon.failure
  const guarded = await tried('channels', () => whatIsGuarded(daemon.value, places.store, { signal }))
  if (guarded.failure !== undefined) yield guarded.failure
  const subjects = {
    ...subjectsOf(config, places),
    chain: { ...chainSubjectOf(config, rpcUrls.value ?? []), needsTraces: guarded.value?.hasNested ?? false },
    guarded: guarded.value?.guarded,
    accounts: addresses,
    isDaemonRunning: daemon.value !== undefined,
  }
  await using endpoints = await probes(config.chain)
  yield* examine(subjects, { clock, now, ...endpoints }, { signal })
}

/** Connections to single endpoints, through the library that `run` would use; closed at the end. */
async function probes({
  library,
  request_timeout,
}: Config['chain']): Promise<AsyncDisposable & Pick<ExamineDeps, 'connect' | 'invalidTransaction'>> {
  const { probe, signer } = await chainLibrary(library)
  const opened: Connection[] = []
  return {
    connect(url) {
      const endpoint = probe(url, request_timeout)
      opened.push(endpoint)
      return endpoint.client
    },
    invalidTransaction: (chainId) => invalidTransaction(signer(nobodysKey), chainId),
    async [Symbol.asyncDispose]() {
      for (const endpoint of opened) await endpoint.close()
    },
  }
}

function judgeClients({ listed, tokens }: AllowedClients): Finding {
  const byToken = tokens.size === 0 ? '' : `, ${tokens.size} of them by a token`
  if (listed === undefined) return ok('clients', 'Everybody may connect.')
  if (listed.size + tokens.size > 0) return ok('clients', `${listed.size + tokens.size} may connect${byToken}.`)
  return warn('clients', 'No client may connect.', 'List public keys in listen.clients or in listen.clients_file.')
}

/** The value, or a finding if it fails. */
async function tried<T>(
  check: string,
  work: () => Promise<T>,
): Promise<{ readonly value?: T; readonly failure?: Finding }> {
  try {
    return { value: await work() }
  } catch (error) {
    return { failure: failedBy(check, error) }
  }
}
