const digits = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'
const valueOfDigit = new Map([...digits].map((digit, value) => [digit, value]))

/** Bytes as Z85 text (ZeroMQ RFC 32): five characters for four bytes. The length must be a multiple of four. */
export function encodeZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const word = view.getUint32(at)
    for (const power of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1]) text += digits.charAt(Math.floor(word / power) % 85)
  }
  return text
}

/** The bytes of a Z85 text; `undefined` if it is not valid Z85. */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined
  const bytes = new Uint8Array((text.length / 5) * 4)
  const view = new DataView(bytes.buffer)
  for (let group = 0; group * 5 < text.length; group += 1) {
    let word = 0
    for (const digit of text.slice(group * 5, group * 5 + 5)) {
      const value = valueOfDigit.get(digit)
      if (value === undefined) return undefined
      word = word * 85 + value
    }
    // Five digits can encode more than 32 bits.
    if (word > 0xffff_ffff) return undefined
    view.setUint32(group * 4, word)
  }
  return bytes
}
