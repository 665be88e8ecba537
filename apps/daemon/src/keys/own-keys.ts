import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Logger } from '@perun-watcher/core'
import type { DataPlaces } from '../config/places.ts'
import type { Config } from '../config/schema.ts'
import { type CurvePair, curveKeyText, readCurveKeyFile } from './curve-key-file.ts'
import { writeNewKeyFile } from './new-key-file.ts'
import { newReceiptKeyText, readReceiptKeyFile, receiptPublicKey } from './receipt-key-file.ts'
import { readTlsKeys, type TlsPair, tlsKeyText } from './tls-key-file.ts'

/** The keys that identify this watcher to clients. */
export interface OwnKeys {
  /** `undefined` without CURVE. */
  readonly curve: CurvePair | undefined
  /** `undefined` without TLS. */
  readonly tls: TlsPair | undefined
  /** `undefined` without receipts. */
  readonly receipts: KeyObject | undefined
}

/** What the libraries of the transports know of keys; they are loaded when it is needed. */
export interface KeyMakers {
  readonly curve: () => Promise<CurvePair>
  readonly tls: () => Promise<TlsMaker>
}

export interface TlsMaker {
  /** @param names host names and addresses of a server, for clients that check them. */
  readonly generate: (names?: readonly string[]) => TlsPair
  /** Throws a WatcherError unless both are what they should be and belong together. */
  readonly parse: (pair: TlsPair) => TlsPair
  /** The hash by which clients know it. */
  readonly publicKeyOf: (certificate: string) => string
}

export interface OwnKeysOptions {
  readonly config: Pick<Config, 'listen' | 'receipts'>
  readonly places: DataPlaces
  readonly make: KeyMakers
  readonly logger: Logger
}

/**
 * Reads the keys. If the configuration names no file and the data directory has none yet, a key is made and logged as a
 * warning, because clients depend on it from then on. A file that is named must exist.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function ownKeys({ config, places, make, logger }: OwnKeysOptions): Promise<OwnKeys> {
  const { listen, receipts } = config
  const hasCurve = listen.endpoints.length > 0 && listen.security === 'curve'
  const hasTls = listen.grpc_addresses.length > 0 && listen.grpc_security === 'tls'
  return {
    curve: hasCurve ? await curveKeys(listen.key_file) : undefined,
    tls: hasTls ? await tlsKeys(listen.grpc_key_file, listen.grpc_certificate_file) : undefined,
    receipts: receipts.enabled ? await receiptKey(receipts.key_file) : undefined,
  }

  async function curveKeys(named: string | undefined): Promise<CurvePair> {
    const path = named ?? places.curveKey
    if (named === undefined && !existsSync(path)) {
      const pair = await make.curve()
      await writeNewKeyFile(path, curveKeyText(pair))
      logger.warn('Made new CURVE keys; give the public key to clients and keep a copy of the file', {
        publicKey: pair.publicKey,
        file: path,
      })
    }
    return await readCurveKeyFile(path, 'listen.key_file')
  }

  async function tlsKeys(named: string | undefined, certificate: string | undefined): Promise<TlsPair> {
    const { generate, parse, publicKeyOf } = await make.tls()
    const path = named ?? places.tlsKey
    if (named === undefined && !existsSync(path)) {
      const pair = generate()
      await writeNewKeyFile(path, tlsKeyText(pair))
      logger.warn('Made a new TLS key; give its hash, or the certificate, to clients and keep a copy of the file', {
        publicKey: publicKeyOf(pair.certificate),
        file: path,
      })
    }
    return await readTlsKeys({ key: path, certificate }, parse)
  }

  async function receiptKey(named: string | undefined): Promise<KeyObject> {
    const path = named ?? places.receiptKey
    const isNew = named === undefined && !existsSync(path)
    if (isNew) await writeNewKeyFile(path, newReceiptKeyText())
    const key = await readReceiptKeyFile(path, 'receipts.key_file')
    if (isNew) {
      logger.warn('Made a new key for receipts; give the public key to clients and keep a copy of the file', {
        publicKey: receiptPublicKey(key),
        file: path,
      })
    }
    return key
  }
}
