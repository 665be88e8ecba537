import type { Logger } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { differences } from '../config/differences.ts'
import { type ConfigSources, loadConfig } from '../config/load.ts'
import { ConfigError } from '../config/problems.ts'
import type { Config } from '../config/schema.ts'
import { type AllowedClients, allowedClients } from '../keys/allowed-clients.ts'
import type { GateChange } from './client-gate.ts'

/** The effect of a reload. */
export interface Reloaded extends GateChange {
  /** How many clients may connect; `undefined` if everybody who has a key may. */
  readonly clients: number | undefined
  /** Keys of settings that changed and take effect at the next restart. */
  readonly needsRestart: readonly string[]
}

/** What can be changed while the daemon runs. */
export interface ReloadTarget {
  /** The configuration at startup. */
  readonly inForce: Config
  /** Never rejects. */
  readonly changeClients: (allowed: AllowedClients) => Promise<GateChange>
  readonly logger: Logger
}

const tokensKey = 'listen.grpc_tokens_file'

/** Settings that take effect at once. */
const live: ReadonlySet<string> = new Set(['listen.clients', 'listen.clients_file', tokensKey])

/**
 * Reads the configuration again and applies the list of clients, and nothing else: other settings that changed are reported.
 * An invalid configuration changes nothing.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function reload(sources: ConfigSources, target: ReloadTarget): Promise<Reloaded> {
  const { inForce, changeClients, logger } = target
  try {
    const { config, missing } = await loadConfig(sources)
    if (missing.length > 0) throw new ConfigError(missing)
    const { clients, clients_file, grpc_tokens_file } = config.listen
    // Whether there is a list at all (`enrolment`, `security`), or tokens, only changes with a restart.
    const takesTokens = inForce.listen.grpc_tokens_file !== undefined
    const tokensFile = takesTokens ? grpc_tokens_file : undefined
    const allowed = await allowedClients({ ...inForce.listen, clients, clients_file, grpc_tokens_file: tokensFile })
    const needsRestart = differences(inForce, config).filter(
      (key) => !live.has(key) || (key === tokensKey && takesTokens !== (grpc_tokens_file !== undefined)),
    )
    const changed = await changeClients(allowed)
    const { added, removed, connectionsEnded } = changed
    const known = allowed.listed && allowed.listed.size + allowed.tokens.size
    logger.info('Read the list of clients again', {
      clients: known ?? 'everybody',
      added: added.length,
      removed: removed.length,
      connectionsEnded,
    })
    if (needsRestart.length > 0) {
      logger.warn('Other settings have changed and take effect after a restart', {
        settings: needsRestart.join(' '),
      })
    }
    return { ...changed, clients: known, needsRestart }
  } catch (error) {
    logger.error('The configuration is invalid; nothing was changed', {}, toError(error))
    throw error
  }
}
