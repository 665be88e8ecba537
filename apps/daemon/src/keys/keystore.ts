import { createCipheriv, createDecipheriv, pbkdf2, randomBytes, randomUUID, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { addressOf, hexOf, isPrivateKey, type PrivateKey } from './private-key.ts'
import { mostScryptMemory, type ScryptParameters, scryptMemory } from './scrypt-memory.ts'

/*
 * Ethereum keystores, as geth and most wallets write them: Web3 Secret Storage, version 3
 * (https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage). Decrypted with Node's crypto,
 * so that no client library has to be loaded. Wallets of the presale of 2014 can be read as well.
 */

/** The keystore cannot be read. The message says why, and quotes nothing from the file. */
export class KeystoreError extends Error {
  override readonly name = 'KeystoreError'
}

/** @throws KeystoreError */
export async function decryptKeystore(json: string, password: string): Promise<PrivateKey> {
  const keystore = parsed(json)
  const secret = Buffer.from(password.normalize('NFKC'))
  const version = found(keystore, 'version')
  if (Number.parseInt(String(version), 10) === 3) return await decryptVersion3(keystore, secret)
  if (found(keystore, 'encseed') !== undefined) return await decryptPresale(keystore, secret)
  throw new KeystoreError('invalid JSON wallet')
}

async function decryptVersion3(keystore: unknown, password: Buffer): Promise<PrivateKey> {
  const derived = await derivedKey(keystore, password)
  const ciphertext = bytesAt(keystore, 'crypto.ciphertext')
  const mac = Buffer.from(keccak_256(Buffer.concat([derived.subarray(16, 32), ciphertext])))
  if (!mac.equals(bytesAt(keystore, 'crypto.mac'))) throw new KeystoreError('incorrect password')
  if (textAt(keystore, 'crypto.cipher') !== 'aes-128-ctr') throw new KeystoreError('unsupported cipher')
  const iv = bytesAt(keystore, 'crypto.cipherparams.iv')
  if (iv.length !== 16) throw new KeystoreError('invalid initial counter')
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  return ofAddress(Buffer.concat([decipher.update(ciphertext), decipher.final()]), found(keystore, 'address'))
}

async function derivedKey(keystore: unknown, password: Buffer): Promise<Buffer> {
  const kdf = textAt(keystore, 'crypto.kdf').toLowerCase()
  const parameter = (name: string): number => wholeAt(keystore, `crypto.kdfparams.${name}`)
  const salt = bytesAt(keystore, 'crypto.kdfparams.salt')
  if (parameter('dklen') !== 32) throw new KeystoreError('invalid length of the derived key')
  if (kdf === 'scrypt')
    return await scryptKey(password, salt, { N: parameter('n'), r: parameter('r'), p: parameter('p') })
  if (kdf !== 'pbkdf2') throw new KeystoreError('unsupported key derivation function')
  const [, digest] = /^(?:.*-)?(sha256|sha512)$/.exec(textAt(keystore, 'crypto.kdfparams.prf')) ?? []
  if (digest === undefined) throw new KeystoreError('unsupported pseudorandom function')
  return await pbkdf2Key(password, salt, parameter('c'), digest)
}

const scryptAsync = promisify<Buffer, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
)

async function scryptKey(password: Buffer, salt: Buffer, parameters: ScryptParameters): Promise<Buffer> {
  const { N, r, p } = parameters
  const maxmem = scryptMemory(parameters)
  if (maxmem > mostScryptMemory) throw new KeystoreError('invalid parameters of scrypt')
  try {
    const options = { N, r, p, maxmem }
    // RFC 7914 forbids such parameters, and so does Node, but they exist: even the format's own test vector has them.
    if (N >= 2 ** (16 * r)) return await slowScryptKey(password, salt, options)
    return await scryptAsync(password, salt, 32, options)
  } catch {
    throw new KeystoreError('invalid parameters of scrypt')
  }
}

async function slowScryptKey(
  password: Buffer,
  salt: Buffer,
  options: ScryptParameters & { maxmem: number },
): Promise<Buffer> {
  const { scryptAsync: inJavaScript } = await import('@noble/hashes/scrypt.js')
  return Buffer.from(await inJavaScript(password, salt, { ...options, dkLen: 32 }))
}

async function pbkdf2Key(password: Buffer, salt: Buffer, iterations: number, digest: string): Promise<Buffer> {
  try {
    return await promisify(pbkdf2)(password, salt, iterations, 32, digest)
  } catch {
    throw new KeystoreError('invalid parameters of pbkdf2')
  }
}

/** https://github.com/ethereum/pyethsaletool: the key is the Keccak hash of the decrypted seed, taken as text. */
async function decryptPresale(keystore: unknown, password: Buffer): Promise<PrivateKey> {
  const encrypted = bytesAt(keystore, 'encseed')
  const derived = await pbkdf2Key(password, password, 2000, 'sha256')
  try {
    const decipher = createDecipheriv('aes-128-cbc', derived.subarray(0, 16), encrypted.subarray(0, 16))
    const seed = Buffer.concat([decipher.update(encrypted.subarray(16)), decipher.final()])
    return ofAddress(Buffer.from(keccak_256(Buffer.from(seed.toString('latin1'), 'utf8'))), textAt(keystore, 'ethaddr'))
  } catch (error) {
    // Decrypting with a wrong key leaves invalid padding.
    throw error instanceof KeystoreError ? error : new KeystoreError('incorrect password')
  }
}

/** Checks that the bytes are a private key, and that it matches the address of the keystore if there is one. */
function ofAddress(key: Buffer, address: unknown): PrivateKey {
  if (!isPrivateKey(key)) throw new KeystoreError('it holds no private key')
  if (address === undefined || address === null || address === '') return key
  const named = String(address).toLowerCase().replace(/^0x/, '')
  if (`0x${named}` !== addressOf(key)) throw new KeystoreError('keystore address/privateKey mismatch')
  return key
}

/** The default parameters of geth. */
const scryptStrength: ScryptParameters = { N: 2 ** 17, r: 8, p: 1 }

/** Encrypts a key as a version 3 keystore. */
export async function encryptKeystore(key: PrivateKey, password: string): Promise<string> {
  const [salt, iv] = [randomBytes(32), randomBytes(16)]
  const derived = await scryptKey(Buffer.from(password.normalize('NFKC')), salt, scryptStrength)
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(key), cipher.final()])
  const mac = keccak_256(Buffer.concat([derived.subarray(16, 32), ciphertext]))
  const digits = (bytes: Uint8Array): string => hexOf(bytes).slice(2)
  const { N, r, p } = scryptStrength
  return JSON.stringify({
    address: addressOf(key).slice(2),
    crypto: {
      cipher: 'aes-128-ctr',
      ciphertext: digits(ciphertext),
      cipherparams: { iv: digits(iv) },
      kdf: 'scrypt',
      kdfparams: { dklen: 32, n: N, p, r, salt: digits(salt) },
      mac: digits(mac),
    },
    id: randomUUID(),
    version: 3,
  })
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new KeystoreError('invalid JSON wallet')
  }
}

/** The value at a path of names, ignoring case: some wallets write capitals. `undefined` if there is none. */
function found(value: unknown, path: string): unknown {
  let current = value
  for (const name of path.split('.')) {
    if (typeof current !== 'object' || current === null) return undefined
    current = Object.entries(current).find(([key]) => key.toLowerCase() === name)?.[1]
  }
  return current
}

function textAt(keystore: unknown, path: string): string {
  const value = found(keystore, path)
  if (typeof value !== 'string') throw new KeystoreError(`missing or wrong value of ${path}`)
  return value
}

function bytesAt(keystore: unknown, path: string): Buffer {
  const digits = textAt(keystore, path).replace(/^0x/i, '')
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new KeystoreError(`no hexadecimal digits at ${path}`)
  return Buffer.from(digits, 'hex')
}

/** An integer, or its digits as a string. */
function wholeAt(keystore: unknown, path: string): number {
  const value = found(keystore, path)
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isSafeInteger(number))
    throw new KeystoreError(`missing or wrong value of ${path}`)
  return number
}
