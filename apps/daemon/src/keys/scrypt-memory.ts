/** The parameters of scrypt, as RFC 7914 names them: cost, block size and parallelisation. */
export interface ScryptParameters {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** The bytes that OpenSSL counts for these parameters: it refuses a `maxmem` below that. */
export function scryptMemory({ N, r, p }: ScryptParameters): number {
  return 128 * r * (N + 2) + 128 * r * p
}

/**
 * The most memory that opening a keystore may take, in bytes. The default parameters of geth take 256 MiB; the strongest
 * in use, N = 2^20 and r = 8, a little more than 1 GiB.
 */
export const mostScryptMemory = 2 ** 30 + 2 ** 16
