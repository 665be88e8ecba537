import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DataPlaces } from '../../config/places.ts'
import type { Config } from '../../config/schema.ts'
import { readTlsKeys } from '../../keys/tls-key-file.ts'
import { keyMakers } from '../../listen/key-makers.ts'
import { type Finding, failedBy, ok, warn } from './finding.ts'

const check = 'keys.tls'

/**
 * Whether the key and the certificate that gRPC clients see can be used. Empty where there are none to see.
 *
 * @param now seconds since 1970.
 */
export async function checkTlsKeys(
  listen: Config['listen'],
  places: DataPlaces,
  now: number,
): Promise<readonly Finding[]> {
  if (listen.grpc_addresses.length === 0 || listen.grpc_security !== 'tls') return []
  const key = listen.grpc_key_file ?? places.tlsKey
  if (listen.grpc_key_file === undefined && !existsSync(key)) return [ok(check, `run will make a key: ${key}.`)]
  try {
    const { parse, publicKeyOf } = await keyMakers.tls()
    const { certificate } = await readTlsKeys({ key, certificate: listen.grpc_certificate_file }, parse)
    return [judgeCertificate(certificate, publicKeyOf(certificate), now)]
  } catch (error) {
    return [failedBy(check, error)]
  }
}

/** Clients that know the key do not look at the dates, those that trust an authority do. */
function judgeCertificate(certificate: string, publicKey: string, now: number): Finding {
  const { validFrom, validTo } = new X509Certificate(certificate)
  const found = `Clients know the watcher by the key ${publicKey}; its certificate is valid until ${validTo}.`
  if (now * 1000 < Date.parse(validFrom)) {
    return warn(
      check,
      `The certificate is not valid before ${validFrom}.`,
      'Clients that check it refuse it until then.',
    )
  }
  if (now * 1000 <= Date.parse(validTo)) return ok(check, found)
  return warn(
    check,
    `The certificate was valid until ${validTo}.`,
    'Renew it with the same key and restart; clients that check certificates refuse it.',
  )
}
