/** Selector of `Error(string)`: `require(condition, "text")`. */
const errorSelector = '08c379a0'
/** Selector of `Panic(uint256)`: what the compiler itself checks. */
const panicSelector = '4e487b71'
/** Data of a revert can be as long as the gas allows, and its author chooses every byte. */
const longestReason = 200

/** https://docs.soliditylang.org/en/latest/control-structures.html#panic-via-assert-and-error-via-require */
const panics: Readonly<Record<string, string>> = {
  '1': 'assertion failed',
  '11': 'arithmetic overflow',
  '12': 'division by zero',
  '21': 'invalid enum value',
  '22': 'invalid storage bytes',
  '31': 'pop from an empty array',
  '32': 'array index out of bounds',
  '41': 'too much memory',
  '51': 'call of an uninitialised function',
}

function decodePanic(argument: string): string | undefined {
  if (argument.length < 64) return undefined
  const code = BigInt(`0x${argument.slice(0, 64)}`).toString(16)
  const meaning = panics[code] ?? 'unknown'
  return `panic: ${meaning} (0x${code.padStart(2, '0')})`
}

/** Text that others wrote, fit for one line of a log. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim()
  return line.length > longestReason ? `${line.slice(0, longestReason - 1)}…` : line
}

function decodeText(argument: string): string | undefined {
  const word = (at: number): bigint | undefined => {
    const digits = argument.slice(at, at + 64)
    return digits.length === 64 ? BigInt(`0x${digits}`) : undefined
  }
  const offset = word(0)
  if (offset === undefined || offset > BigInt(argument.length)) return undefined
  const start = Number(offset) * 2
  const length = word(start)
  if (length === undefined || length * 2n > BigInt(argument.length - start - 64)) return undefined
  const bytes = Buffer.from(argument.slice(start + 64, start + 64 + Number(length) * 2), 'hex')
  return printable(new TextDecoder().decode(bytes))
}

/**
 * What the data of a revert says: the text of `require`, `panic: … (0x32)`, or the selector of a custom error. Data in
 * no such form comes back in hexadecimal, cut short.
 */
export function decodeRevertData(data: string): string {
  const digits = data.slice(2).toLowerCase()
  if (digits === '') return 'no reason given'
  const selector = digits.slice(0, 8)
  const argument = digits.slice(8)
  if (selector === errorSelector) return decodeText(argument) ?? printable(data)
  if (selector === panicSelector) return decodePanic(argument) ?? printable(data)
  return selector.length === 8 ? `custom error 0x${selector}` : printable(data)
}

const hexPattern = /0x(?:[0-9a-fA-F]{2})*/

/**
 * The revert data in what a node sent along with an error: itself (geth, anvil, erigon), after a word as in
 * `Reverted 0x…` (nethermind), or one object deeper (Hardhat and some providers). `undefined` if there is none.
 */
function findRevertData(data: unknown): string | undefined {
  if (typeof data === 'string') return hexPattern.exec(data)?.[0]
  if (typeof data === 'object' && data !== null && 'data' in data && typeof data.data === 'string') {
    return hexPattern.exec(data.data)?.[0]
  }
  return undefined
}

/** Why a call reverted, from the error with which the node answered it. */
export function revertReason(refusal: { readonly message: string; readonly data: unknown }): string {
  const data = findRevertData(refusal.data)
  // Without data the message is the best there is; geth appends the reason to it.
  if (data === undefined || data === '0x') {
    const message = printable(refusal.message.replace(/^.*?execution reverted:?/i, ''))
    return message === '' ? 'no reason given' : message
  }
  return decodeRevertData(data)
}
