import { isIP } from 'node:net'
import * as z from 'zod'
import { parseUnits } from '../terminal/amounts.ts'
import type { Kind } from './setting.ts'

/** No sensible path, address or word is longer. */
const longestText = 4096
const longestList = 10_000

const isPrintable = (text: string): boolean => !/[\p{Cc}]/u.test(text)

const line = z.string().min(1).max(longestText).refine(isPrintable)

const kind = <Schema extends z.ZodType>(kind: Kind<Schema>): Kind<Schema> => kind

export const path = kind({ form: 'text', expected: 'a path', schema: line })

export const yesOrNo = kind({ form: 'boolean', expected: 'true or false', schema: z.boolean() })

/** Only accepted from the environment, because the value itself must not be seen. */
export const secret = kind({ form: 'text', expected: 'one line of text', schema: line, secrecy: 'secret' })

export const wholeNumber = (least: number, most: number) =>
  kind({
    form: 'number',
    expected: `a whole number from ${least} to ${most}`,
    schema: z.number().int().min(least).max(most),
  })

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  kind({ form: 'text', expected: words.map((word) => `"${word}"`).join(' or '), schema: z.enum(words) })

/** Node's timers count milliseconds in 31 bits; longer ones fire at once. */
const longestDurationMs = 20 * 24 * 3_600_000
const millisecondsIn = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function milliseconds(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? []
  if (count === undefined) return undefined
  const ms = Number(count) * millisecondsIn[z.enum(['ms', 's', 'm', 'h', 'd']).parse(unit)]
  return ms <= longestDurationMs ? ms : undefined
}

/** Parsed to milliseconds. */
export const duration = (leastMs = 1) =>
  kind({
    form: 'text',
    expected: `a time of at least ${leastMs} ms and at most 20 days, such as "500ms", "30s", "5m", "2h" or "1d"`,
    schema: z
      .string()
      .transform((text) => milliseconds(text) ?? Number.NaN)
      .refine((ms) => ms >= leastMs),
  })

const bytesIn = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const

function bytes(text: string): number {
  const [, count, unit] = /^(\d{1,15}) ?((?:[KMGT]iB)?)$/.exec(text) ?? []
  return count === undefined
    ? Number.NaN
    : Number(count) * bytesIn[z.enum(['', 'KiB', 'MiB', 'GiB', 'TiB']).parse(unit)]
}

/** Parsed to bytes. */
export const size = kind({
  form: 'text',
  expected: 'a number of bytes, such as "4096", "64MiB" or "2GiB"',
  schema: z
    .string()
    .transform(bytes)
    .refine((count) => Number.isSafeInteger(count) && count > 0),
})

/** Parsed to wei. */
export const amount = (unit: 'ether' | 'gwei', decimals: number) =>
  kind({
    form: 'text',
    expected: `an amount of ${unit} as text, such as "0.5" or "30"`,
    schema: z
      .string()
      .regex(/^\d{1,12}(\.\d{1,18})?$/)
      .refine((text) => (text.split('.')[1] ?? '').length <= decimals)
      .transform((text) => parseUnits(text, decimals)),
  })

/** An address on an EVM chain, lower case. */
export const contract = kind({
  form: 'text',
  expected: 'an address: 0x and 40 hexadecimal digits',
  schema: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/)
    .transform((text): `0x${string}` => `0x${text.slice(2).toLowerCase()}`),
})

const list = <Item extends z.ZodType>(item: Item) => z.array(item).max(longestList)

export const contracts = kind({
  form: 'list',
  expected: 'a list of addresses, each 0x and 40 hexadecimal digits',
  schema: list(contract.schema),
})

const isRpcUrl = (text: string): boolean =>
  URL.canParse(text) && ['http:', 'https:', 'ws:', 'wss:'].includes(new URL(text).protocol)

export const rpcUrls = kind({
  form: 'list',
  expected: 'a list of URLs that begin with http://, https://, ws:// or wss://',
  schema: list(line.refine(isRpcUrl)),
  secrecy: 'url',
})

const endpointPattern = /^(?:tcp:\/\/(?:\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(?:\d{1,5}|\*)|ipc:\/\/.+)$/

export const endpoints = kind({
  form: 'list',
  expected: 'a list of ZeroMQ addresses, such as "tcp://127.0.0.1:7350" or "ipc:///run/perun-watcher.sock"',
  schema: list(line.regex(endpointPattern)),
})

/** A CURVE key in Z85, its text form, by itself or as part of a name; or the hash of a TLS key in a name. */
const clientKey = /^(?:(?:curve:)?[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}|tls:[0-9a-f]{64})$/

export const clientKeys = kind({
  form: 'list',
  expected:
    'a list of clients, each a CURVE public key of 40 characters, or a name: "curve:" and that, or "tls:" and the 64 hexadecimal digits of the SHA-256 of a TLS public key',
  schema: list(z.string().regex(clientKey)),
})

export interface HostPort {
  readonly host: string
  readonly port: number
}

export function parseHostPort(text: string): HostPort | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) return undefined
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined
  return { host, port: Number(port) }
}

/** Parsed to host and port, or `undefined` for `off`. */
export const httpAddress = kind({
  form: 'text',
  expected: 'a host and a port, such as "127.0.0.1:9464" or "[::1]:9464", or "off"',
  schema: line.refine((text) => text === 'off' || parseHostPort(text) !== undefined).transform(parseHostPort),
})

export const hostPorts = kind({
  form: 'list',
  expected: 'a list of hosts, each with a port, such as "0.0.0.0:7351" or "[::1]:7351"',
  schema: list(line.refine((text) => parseHostPort(text) !== undefined)),
})
