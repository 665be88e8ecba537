import { WatcherError } from '@perun-watcher/core'
import { parse } from 'smol-toml'
import { readSecretFile } from './secret-file.ts'

/** A pair of CURVE keys as text: Z85, 40 characters each. */
export interface CurvePair {
  readonly publicKey: string
  /** Never logged, never part of an error. */
  readonly secretKey: string
}

/** The text of a file with a pair of CURVE keys. */
export function curveKeyText({ publicKey, secretKey }: CurvePair): string {
  return `# CURVE keys for ZeroMQ. Whoever has the secret key is taken for its owner.
public = '${publicKey}'
secret = '${secretKey}'
`
}

/** @throws WatcherError `OPTION_INVALID` */
export async function readCurveKeyFile(path: string, key: string): Promise<CurvePair> {
  const text = await readSecretFile(path, key)
  const pair = pairOf(text)
  if (pair !== undefined) return pair
  throw new WatcherError('OPTION_INVALID', `The file of ${key} cannot be used.`, {
    details: [`${path} must have the lines public = '…' and secret = '…'; perun-watcher keygen creates such a file.`],
  })
}

function pairOf(text: string): CurvePair | undefined {
  try {
    const { public: publicKey, secret: secretKey } = parse(text)
    return typeof publicKey === 'string' && typeof secretKey === 'string' ? { publicKey, secretKey } : undefined
  } catch {
    return undefined
  }
}
