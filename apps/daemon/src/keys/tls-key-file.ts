import { readFile } from 'node:fs/promises'
import { isWatcherError, WatcherError } from '@perun-watcher/core'
import { toError } from '@perun-watcher/core/adapter'
import { readSecretFile } from './secret-file.ts'

/** A private key and its certificate, both PEM. */
export interface TlsPair {
  readonly certificate: string
  /** Never logged, never part of an error. */
  readonly privateKey: string
}

/** Where the two are. */
export interface TlsKeyPlaces {
  readonly key: string
  /** `undefined`: in the file of the key. */
  readonly certificate: string | undefined
}

/** One file with both, as programs that speak TLS read it. */
export function tlsKeyText({ certificate, privateKey }: TlsPair): string {
  return `${privateKey.trimEnd()}\n${certificate.trimEnd()}\n`
}

/**
 * @param parse throws a WatcherError unless both are what they should be and belong together.
 * @throws WatcherError `OPTION_INVALID`, which contains nothing of the private key
 */
export async function readTlsKeys(places: TlsKeyPlaces, parse: (pair: TlsPair) => TlsPair): Promise<TlsPair> {
  const held = await readSecretFile(places.key, 'listen.grpc_key_file')
  const [privateKey] = blocks(held, /PRIVATE KEY$/)
  if (privateKey === undefined) {
    throw unusable('listen.grpc_key_file', [
      `${places.key} must hold a private key in PEM; perun-watcher keygen tls-server creates such a file.`,
    ])
  }
  const where = places.certificate ?? places.key
  const option = places.certificate === undefined ? 'listen.grpc_key_file' : 'listen.grpc_certificate_file'
  const certificates = blocks(
    places.certificate === undefined ? held : await readPublic(where, option),
    /^CERTIFICATE$/,
  )
  if (certificates.length === 0) {
    throw unusable(option, [
      `${where} must hold a certificate in PEM, or listen.grpc_certificate_file must name a file that does.`,
    ])
  }
  try {
    return parse({ privateKey, certificate: `${certificates.join('\n')}\n` })
  } catch (error) {
    if (!isWatcherError(error)) throw error
    const files = places.certificate === undefined ? places.key : `${places.key} and ${where}`
    throw unusable(option, [`${files}: ${error.shortMessage}`, ...error.details])
  }
}

/** The parts of a PEM text whose label is like this. */
function blocks(text: string, label: RegExp): readonly string[] {
  const all = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)
  return [...all].flatMap(([block, name = '']) => (label.test(name) ? [block] : []))
}

async function readPublic(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unusable(option, [`${path}: ${toError(error).message}.`])
  }
}

function unusable(option: string, details: readonly string[]): WatcherError {
  return new WatcherError('OPTION_INVALID', `The file of ${option} cannot be used.`, { details })
}
