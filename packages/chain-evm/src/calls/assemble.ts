import type { Hex } from '@perun-watcher/core'

/** Instructions of the EVM by their names in the yellow paper: those that every chain has had since 2017 (Byzantium). */
const opcodes = {
  ADD: 0x01,
  MUL: 0x02,
  SUB: 0x03,
  DIV: 0x04,
  LT: 0x10,
  GT: 0x11,
  ISZERO: 0x15,
  CALLDATALOAD: 0x35,
  CALLDATASIZE: 0x36,
  CODESIZE: 0x38,
  CODECOPY: 0x39,
  RETURNDATASIZE: 0x3d,
  MLOAD: 0x51,
  MSTORE: 0x52,
  JUMP: 0x56,
  JUMPI: 0x57,
  GAS: 0x5a,
  DUP1: 0x80,
  DUP2: 0x81,
  DUP3: 0x82,
  SWAP1: 0x90,
  RETURN: 0xf3,
  STATICCALL: 0xfa,
} as const

const push1 = 0x60
const jumpDestination = 0x5b

/** Two bytes address every place in a code of the size that chains take. */
const labelDigits = 4

/**
 * Translates a program. Its words are names of instructions; a number, decimal or in hexadecimal digits after `0x`, which is
 * pushed; `name:`, a place to jump to; and `@name`, which pushes where that is. What follows `//` in a line is a comment.
 *
 * @throws TypeError for a word or a name that it does not know; a mistake of the program.
 */
export function assemble(text: string): Hex {
  const words = text
    .replaceAll(/\/\/.*/g, '')
    .split(/\s+/)
    .filter((word) => word !== '')
  const places = new Map<string, number>()
  let digits = 0
  for (const word of words) {
    if (word.endsWith(':')) places.set(word.slice(0, -1), digits / 2)
    digits += translate(word, () => 0).length
  }
  const placeOf = (name: string): number => {
    const place = places.get(name)
    if (place === undefined) throw new TypeError(`no place ${name}`)
    return place
  }
  return `0x${words.map((word) => translate(word, placeOf)).join('')}`
}

function isOpcode(word: string): word is keyof typeof opcodes {
  return word in opcodes
}

function translate(word: string, placeOf: (name: string) => number): string {
  if (isOpcode(word)) return byte(opcodes[word])
  if (word.endsWith(':')) return byte(jumpDestination)
  if (word.startsWith('@')) return push(placeOf(word.slice(1)).toString(16).padStart(labelDigits, '0'))
  if (/^0x(?:[0-9a-f]{2}){1,32}$/.test(word)) return push(word.slice(2))
  if (/^\d{1,15}$/.test(word)) return push(evenDigits(Number(word)))
  throw new TypeError(`no instruction ${word}`)
}

function push(digits: string): string {
  return `${byte(push1 + digits.length / 2 - 1)}${digits}`
}

function evenDigits(value: number): string {
  const digits = value.toString(16)
  return digits.padStart(digits.length + (digits.length % 2), '0')
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}
