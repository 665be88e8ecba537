import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP, isIPv4 } from 'node:net'

/*
 * The few structures of DER (X.690) and X.509 (RFC 5280) that a self-signed certificate consists of. Only the key counts; the
 * rest is what libraries insist on.
 */

const sequence = 0x30
const set = 0x31
const integer = 0x02
const bitString = 0x03
const octetString = 0x04
const objectId = 0x06
const utf8String = 0x0c
const utcTime = 0x17
const generalizedTime = 0x18

const ecdsaWithSha256 = der(sequence, der(objectId, Buffer.from('2a8648ce3d040302', 'hex')))
const commonName = der(objectId, Buffer.from('550403', 'hex'))
const subjectAltName = der(objectId, Buffer.from('551d11', 'hex'))

/** From long ago until for ever (RFC 5280, 4.1.2.5): a clock that is wrong locks nobody out. */
const always = der(
  sequence,
  der(utcTime, Buffer.from('200101000000Z')),
  der(generalizedTime, Buffer.from('99991231235959Z')),
)

/** A certificate of the P-256 key, signed by itself; DER. `names`: host names and IP addresses of a server. */
export function selfSigned(privateKey: KeyObject, names: readonly string[]): Buffer {
  const name = der(sequence, der(set, der(sequence, commonName, der(utf8String, Buffer.from('perun-watcher')))))
  const body = der(
    sequence,
    // Version 3.
    der(0xa0, der(integer, Buffer.of(2))),
    der(integer, serialNumber()),
    ecdsaWithSha256,
    name,
    always,
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    ...(names.length === 0 ? [] : [extensions(names)]),
  )
  return der(sequence, body, ecdsaWithSha256, der(bitString, Buffer.of(0), sign('sha256', body, privateKey)))
}

/** Positive, and without leading zeros. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

function extensions(names: readonly string[]): Buffer {
  const list = names.map((name) => (isIP(name) === 0 ? der(0x82, Buffer.from(name)) : der(0x87, addressBytes(name))))
  return der(0xa3, der(sequence, der(sequence, subjectAltName, der(octetString, der(sequence, ...list)))))
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  // The only parser of IPv6 at hand: a URL has it in its shortest form.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((group) => group !== ''))
  const left = before ?? []
  const right = after ?? []
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...size), content])
}
