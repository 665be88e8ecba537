import { WatcherError } from '@perun-watcher/core'
import type { LedgerLimits } from '@perun-watcher/core/adapter'
import { type ChainKind, type ChainPreset, chainPreset, chainPresets, isChainKind } from './chain-presets.ts'

/** What a registration may take up: as a kind of chain has it, or with numbers of one's own for what is different. */
export type LimitOptions =
  | ChainKind
  | {
      /** The kind of chain that the rest is taken from. Default: that of the backend. */
      readonly preset?: ChainKind | undefined
      /** Most bytes of a signed transaction that a node takes. */
      readonly bytes?: number | undefined
      /** Most gas of a transaction that a block takes. */
      readonly work?: bigint | undefined
      /** Most channels of one registration. Default: as many as fit. */
      readonly channels?: number | undefined
    }

/** The contract counts participants in 16 bits; whoever counts channels in more bytes than this is far beyond any node. */
const mostParticipants = 65_535
const mostAssets = 65_535
const mostBytes = 16 * 1_024 * 1_024
const mostWork = 10n ** 12n

/** A channel of one participant without assets takes more than this: how many fit is decided by the bytes. */
const leastChannelBytes = 800

/** A registration of one plain channel: a limit below it would refuse everything. */
const leastBytes = 4_096
const leastWork = 200_000n

function invalid(option: string, value: unknown, expected: string): WatcherError {
  return new WatcherError('OPTION_INVALID', `limits${option} must be ${expected}.`, {
    details: [`Got ${typeof value === 'string' ? JSON.stringify(value) : String(value)}.`],
  })
}

function presetOf(name: unknown, option: string): Pick<LedgerLimits, 'bytes' | 'work'> {
  if (isChainKind(name)) return chainPresets[name].limits
  throw invalid(option, name, `one of ${Object.keys(chainPresets).join(', ')}, or the limits of your chain's nodes`)
}

function within<T extends number | bigint>(option: string, value: T, least: T, most: T): T {
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (!isWhole || value < least || value > most) throw invalid(option, value, `a whole number from ${least} to ${most}`)
  return value
}

const names: readonly string[] = ['preset', 'bytes', 'work', 'channels'] satisfies readonly (keyof Exclude<
  LimitOptions,
  string
>)[]

/** What is misspelt must not leave the default in its place: states would be acknowledged that fit into no transaction. */
function checkNames(options: unknown): void {
  const isRecord = typeof options === 'object' && options !== null && !Array.isArray(options)
  if (!isRecord) throw invalid('', options, `a name of a preset, or an object of ${names.join(', ')}`)
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown !== undefined) throw invalid('', unknown, `an object of ${names.join(', ')} and nothing else`)
}

/**
 * @param usual - for what is not given.
 * @throws WatcherError `OPTION_INVALID`, naming the value and what is allowed.
 */
export function ledgerLimits(
  options: LimitOptions = {},
  usual: Pick<ChainPreset, 'limits'> = chainPreset(undefined),
): LedgerLimits {
  if (typeof options !== 'string') checkNames(options)
  const own = typeof options === 'string' ? {} : options
  const preset =
    typeof options === 'string'
      ? presetOf(options, '')
      : options.preset === undefined
        ? usual.limits
        : presetOf(options.preset, '.preset')
  if (own.work !== undefined && typeof own.work !== 'bigint') throw invalid('.work', own.work, 'a bigint')
  const bytes = within('.bytes', own.bytes ?? preset.bytes, leastBytes, mostBytes)
  const mostChannels = Math.floor(bytes / leastChannelBytes)
  return {
    bytes,
    work: within('.work', own.work ?? preset.work, leastWork, mostWork),
    channels: within('.channels', own.channels ?? mostChannels, 1, mostChannels),
    participants: mostParticipants,
    assets: mostAssets,
  }
}
