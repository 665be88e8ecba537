import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Logger } from '@perun-watcher/core'
import type { DataPlaces } from '../config/places.ts'
import type { Config } from '../config/schema.ts'
import { type CurvePair, curveKeyText, readCurveKeyFile } from './curve-key-file.ts'
import { writeNewKeyFile } from './new-key-file.ts'
import { newReceiptKeyText, readReceiptKeyFile, receiptPublicKey } from './receipt-key-file.ts'

/** The keys that identify this watcher to clients. */
export interface OwnKeys {
  /** `undefined` without CURVE. */
  readonly curve: CurvePair | undefined
  /** `undefined` without receipts. */
  readonly receipts: KeyObject | undefined
}

export interface OwnKeysOptions {
  readonly config: Pick<Config, 'listen' | 'receipts'>
  readonly places: DataPlaces
  readonly generateCurve: () => CurvePair
  readonly logger: Logger
}

/**
 * Reads the keys. If the configuration names no file and the data directory has none yet, a key is made and logged as a
 * warning, because clients depend on it from then on. A file that is named must exist.
 *
 * @throws WatcherError `OPTION_INVALID`
 */
export async function ownKeys({ config, places, generateCurve, logger }: OwnKeysOptions): Promise<OwnKeys> {
  const { listen, receipts } = config
  return {
    curve: listen.security === 'curve' ? await curveKeys(listen.key_file) : undefined,
    receipts: receipts.enabled ? await receiptKey(receipts.key_file) : undefined,
  }

  async function curveKeys(named: string | undefined): Promise<CurvePair> {
    const path = named ?? places.curveKey
    if (named === undefined && !existsSync(path)) {
      const pair = generateCurve()
      await writeNewKeyFile(path, curveKeyText(pair))
      logger.warn('Made new CURVE keys; give the public key to clients and keep a copy of the file', {
        publicKey: pair.publicKey,
        file: path,
      })
    }
    return await readCurveKeyFile(path, 'listen.key_file')
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
