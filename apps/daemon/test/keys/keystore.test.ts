import { createCipheriv, pbkdf2Sync } from 'node:crypto'
import { decryptKeystoreJson, encryptKeystoreJsonSync, keccak256, Wallet } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decryptKeystore, encryptKeystore, KeystoreError } from '../../src/keys/keystore.ts'
import { addressOf, hexOf } from '../../src/keys/private-key.ts'

const secret = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'

/** The test vectors of Web3 Secret Storage, of the password `testpassword`. */
const vectors = {
  pbkdf2: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
      ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
      kdf: 'pbkdf2',
      kdfparams: {
        c: 262144,
        dklen: 32,
        prf: 'hmac-sha256',
        salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
      },
      mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
  scrypt: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
      ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
      kdf: 'scrypt',
      kdfparams: {
        dklen: 32,
        n: 262144,
        r: 1,
        p: 8,
        salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
      },
      mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
}

test.each(Object.entries(vectors))('the published vector of %s', async (_, vector) => {
  expect(hexOf(await decryptKeystore(JSON.stringify(vector), 'testpassword'))).toBe(secret)
})

test('another password is an incorrect one', async () => {
  await expect(decryptKeystore(JSON.stringify(vectors.pbkdf2), 'testpasswords')).rejects.toThrow('incorrect password')
})

/** Of go-ethereum's tests, with the password `foo`. */
const presale = {
  encseed:
    '26d87f5f2bf9835f9a47eefae571bc09f9107bb13d54ff12a4ec095d01f83897494cf34f7bed2ed34126ecba9db7b62de56c9d7cd136520a0427bfb11b8954ba7ac39b90d4650d3448e31185affcd74226a68f1e94b1108e6e0a4a91cdd83eba',
  ethaddr: 'd4584b5f6229b7be90727b0fc8c6b91bb427821f',
}

test('a wallet of the presale', async () => {
  const json = JSON.stringify(presale)
  const key = await decryptKeystore(json, 'foo')
  expect(addressOf(key)).toBe(`0x${presale.ethaddr}`)
  expect(hexOf(key)).toBe((await Wallet.fromEncryptedJson(json, 'foo')).privateKey)
  await expect(decryptKeystore(json, 'bar')).rejects.toThrow(KeystoreError)
})

test('what ethers encrypts, with any key, any password and any salt', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .filter((bytes) => bytes.some((byte) => byte > 0) && (bytes[0] ?? 0) < 255),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(2, 4, 16),
      async (bytes, password, N) => {
        const wallet = new Wallet(hexOf(bytes))
        const json = encryptKeystoreJsonSync(wallet, password, { scrypt: { N, r: 1, p: 1 } })
        expect(hexOf(await decryptKeystore(json, password))).toBe(wallet.privateKey)
      },
    ),
    { numRuns: 50 },
  )
})

test('what this program encrypts, ethers can read', async () => {
  const key = Buffer.from(secret.slice(2), 'hex')
  const json = await encryptKeystore(key, 'pa\uFB01word')
  expect(json).not.toContain(secret.slice(2))
  expect((await Wallet.fromEncryptedJson(json, 'pafiword')).privateKey).toBe(secret)
  expect(hexOf(await decryptKeystore(json, 'pafiword'))).toBe(secret)
})

const password = 'a password'

/** A keystore that opens quickly, made by hand. */
function madeByHand({ digest = 'sha256', key = secret }: { digest?: 'sha256' | 'sha512'; key?: string } = {}) {
  const [salt, iv] = [Buffer.alloc(32, 7), Buffer.alloc(16, 9)]
  const derived = pbkdf2Sync(password, salt, 3, 32, digest)
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(Buffer.from(key.slice(2), 'hex')), cipher.final()])
  const mac = keccak256(Buffer.concat([derived.subarray(16), ciphertext])).slice(2)
  return {
    address: '008aeeda4d805471df9b2a5b0f38a0c3bcba786b',
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'pbkdf2',
      kdfparams: { c: 3, dklen: 32, prf: `hmac-${digest}`, salt: salt.toString('hex') },
      mac,
    },
    version: 3,
  } as const
}

const plain = madeByHand()
const { crypto } = plain
const { kdfparams } = crypto
const scryptOf = (changes: object) => ({
  ...vectors.scrypt,
  crypto: { ...vectors.scrypt.crypto, kdfparams: { ...vectors.scrypt.crypto.kdfparams, ...changes } },
})

/** Files in every shape that wallets are known to write, and files that are wrong. */
const shapes: readonly (readonly [name: string, keystore: unknown])[] = [
  ['plain', plain],
  ['sha512', madeByHand({ digest: 'sha512' })],
  ['capitals', { Address: plain.address, Crypto: { ...crypto, KDF: crypto.kdf }, version: 3 }],
  ['a version as text', { ...plain, version: '3' }],
  ['numbers as text', { ...plain, crypto: { ...crypto, kdfparams: { ...kdfparams, c: '3', dklen: '32' } } }],
  [
    'digits with 0x',
    { ...plain, address: `0x${plain.address}`, crypto: { ...crypto, ciphertext: `0x${crypto.ciphertext}` } },
  ],
  ['a mac in capitals', { ...plain, crypto: { ...crypto, mac: crypto.mac.toUpperCase() } }],
  ['no address', { ...plain, address: undefined }],
  ['an empty address', { ...plain, address: '' }],
  ['another address', { ...plain, address: '00'.repeat(20) }],
  ['another version', { ...plain, version: 1 }],
  ['no version', { ...plain, version: undefined }],
  ['no crypto', { version: 3 }],
  ['another cipher', { ...plain, crypto: { ...crypto, cipher: 'aes-128-cbc' } }],
  ['another kdf', { ...plain, crypto: { ...crypto, kdf: 'argon2' } }],
  ['another prf', { ...plain, crypto: { ...crypto, kdfparams: { ...kdfparams, prf: 'hmac-sha1' } } }],
  ['another length', { ...plain, crypto: { ...crypto, kdfparams: { ...kdfparams, dklen: 16 } } }],
  ['no mac', { ...plain, crypto: { ...crypto, mac: undefined } }],
  ['another mac', { ...plain, crypto: { ...crypto, mac: '00'.repeat(32) } }],
  ['a short counter', { ...plain, crypto: { ...crypto, cipherparams: { iv: '00' } } }],
  ['half a byte', { ...plain, crypto: { ...crypto, ciphertext: crypto.ciphertext.slice(1) } }],
  ['a short key', madeByHand({ key: secret.slice(0, 60) })],
  ['a key of zeros', madeByHand({ key: `0x${'00'.repeat(32)}` })],
  ['scrypt with an odd N', scryptOf({ n: 3 })],
  ['scrypt without r', scryptOf({ r: 0 })],
  ['nothing', null],
  ['a list', []],
  ['text', 'keystore'],
]

test.each(shapes)('%s: the same verdict and the same key as ethers', async (_, keystore) => {
  const json = JSON.stringify(keystore)
  const theirs = await decryptKeystoreJson(json, password).then(
    ({ privateKey }) => privateKey,
    () => 'refused',
  )
  const ours = await decryptKeystore(json, password).then(hexOf, (error: unknown) => {
    expect(error).toBeInstanceOf(KeystoreError)
    return 'refused'
  })
  // Its `decryptKeystoreJson` leaves the version to its caller.
  const isOfVersion3 = keystore !== null && Number(Object(keystore).version) === 3
  expect(ours).toBe(isOfVersion3 ? theirs : 'refused')
})

test('of all these, some can be read and some cannot', async () => {
  const verdicts = await Promise.all(
    shapes.map(([, keystore]) =>
      decryptKeystore(JSON.stringify(keystore), password).then(
        () => true,
        () => false,
      ),
    ),
  )
  expect(verdicts.filter((isRead) => isRead)).toHaveLength(9)
})

test('parameters that take more memory than the limit are refused', async () => {
  const json = JSON.stringify(scryptOf({ n: 2 ** 21, r: 8, p: 1 }))
  await expect(decryptKeystore(json, 'testpassword')).rejects.toThrow(new KeystoreError('invalid parameters of scrypt'))
})
