import type { Hex } from '@perun-watcher/core'

/** Hashes and addresses are written here. To share the memory of so small an array would first move it elsewhere. */
const short = Buffer.alloc(32)

export function toHex(bytes: Uint8Array): Hex {
  if (bytes.length <= short.length) {
    short.set(bytes)
    return `0x${short.toString('hex', 0, bytes.length)}`
  }
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`
}

/** What a transaction or a call hands to a contract. */
export function callData(selector: Hex, encodedArguments: Uint8Array): Hex {
  return `${selector}${toHex(encodedArguments).slice(2)}`
}
