import type { Hex } from '@perun-watcher/core'

/** What runs code instead of an account: an `eth_call` with a state override, or one that creates a contract. */
export interface EvmCall {
  readonly code: Hex
  readonly callData: Hex
  readonly gas: bigint
  /** A call of the code to another contract; `undefined`: it fails. */
  readonly staticCall: (to: Hex, data: Hex) => Hex | undefined
}

export type EvmResult =
  | { readonly type: 'returned'; readonly data: Hex }
  | { readonly type: 'reverted'; readonly data: Hex }
  | {
      readonly type: 'halted'
      readonly reason: 'out of gas' | 'invalid opcode' | 'invalid jump destination' | 'stack underflow'
    }

const wordBytes = 32
const size = 2n ** 256n
const mostMemory = 1 << 24

class Halt extends Error {
  readonly result: EvmResult

  constructor(result: EvmResult) {
    super(result.type)
    this.result = result
  }
}

const halt = (reason: Extract<EvmResult, { type: 'halted' }>['reason']): never => {
  throw new Halt({ type: 'halted', reason })
}

const bytes = (text: Hex): Buffer => Buffer.from(text.slice(2), 'hex')
const hex = (data: Buffer): Hex => `0x${data.toString('hex')}`
const wordOf = (data: Buffer): bigint => (data.length === 0 ? 0n : BigInt(hex(data)))

/** Bytes from an offset on; zeros beyond the end. */
function slice(data: Buffer, from: bigint, length: number): Buffer {
  const found = from < BigInt(data.length) ? data.subarray(Number(from), Number(from) + length) : Buffer.alloc(0)
  return found.length === length ? found : Buffer.concat([found, Buffer.alloc(length - found.length)])
}

/**
 * Runs code on as much of the machine as code that only reads needs; costs are roughly those of Berlin. Counts itself what it
 * spends, and ends at the first instruction that it does not know.
 */
export function runCode(call: EvmCall): EvmResult {
  const code = bytes(call.code)
  const callData = bytes(call.callData)
  const stack: bigint[] = []
  let memory: Buffer = Buffer.alloc(0)
  let returned: Buffer = Buffer.alloc(0)
  let gas = call.gas
  let at = 0

  const take = (): bigint => stack.pop() ?? halt('stack underflow')
  const put = (value: bigint): void => void stack.push(((value % size) + size) % size)
  const peek = (depth: number): bigint => stack[stack.length - depth] ?? halt('stack underflow')

  function spend(cost: bigint): void {
    if (cost > gas) halt('out of gas')
    gas -= cost
  }

  function swap(depth: number): void {
    const other = peek(depth + 1)
    const top = stack.length - 1
    stack[top - depth] = peek(1)
    stack[top] = other
  }

  const binary =
    (act: (a: bigint, b: bigint) => bigint): (() => void) =>
    () => {
      const a = take()
      put(act(a, take()))
    }

  function push(length: number): void {
    put(wordOf(slice(code, BigInt(at), length)))
    at += length
  }

  function jump(to: bigint): void {
    if (code[Number(to)] !== 0x5b) halt('invalid jump destination')
    at = Number(to)
  }

  function grow(end: number): void {
    if (end > mostMemory) halt('out of gas')
    if (end <= memory.length) return
    const length = Math.ceil(end / wordBytes) * wordBytes
    spend(BigInt(length - memory.length) / 10n)
    memory = Buffer.concat([memory, Buffer.alloc(length - memory.length)])
  }

  function read(from: bigint, length: number): Buffer {
    if (length === 0) return Buffer.alloc(0)
    grow(Number(from) + length)
    return memory.subarray(Number(from), Number(from) + length)
  }

  function write(to: bigint, data: Buffer): void {
    grow(Number(to) + data.length)
    data.copy(memory, Number(to))
  }

  const copy = (source: () => Buffer) => (): void => {
    const [to, from, length] = [take(), take(), take()]
    write(to, slice(source(), from, Number(length)))
  }

  const end = (type: 'returned' | 'reverted') => (): never => {
    const from = take()
    throw new Halt({ type, data: hex(read(from, Number(take()))) })
  }

  function staticCall(): void {
    const [, to, from, length, answerAt, answerLength] = [take(), take(), take(), take(), take(), take()]
    spend(2_600n + 3n * 2_100n)
    const answer = call.staticCall(`0x${to.toString(16).padStart(40, '0')}`, hex(read(from, Number(length))))
    returned = bytes(answer ?? '0x')
    write(answerAt, returned.subarray(0, Number(answerLength)))
    put(answer === undefined ? 0n : 1n)
  }

  const operations: Readonly<Record<number, () => void>> = {
    0: () => {
      throw new Halt({ type: 'returned', data: '0x' })
    },
    1: binary((a, b) => a + b),
    2: binary((a, b) => a * b),
    3: binary((a, b) => a - b),
    4: binary((a, b) => (b === 0n ? 0n : a / b)),
    6: binary((a, b) => (b === 0n ? 0n : a % b)),
    16: binary((a, b) => (a < b ? 1n : 0n)),
    17: binary((a, b) => (a > b ? 1n : 0n)),
    20: binary((a, b) => (a === b ? 1n : 0n)),
    21: () => put(take() === 0n ? 1n : 0n),
    22: binary((a, b) => a & b),
    23: binary((a, b) => a | b),
    25: () => put(size - 1n - take()),
    27: binary((a, b) => (a > 255n ? 0n : b << a)),
    28: binary((a, b) => (a > 255n ? 0n : b >> a)),
    53: () => put(wordOf(slice(callData, take(), wordBytes))),
    54: () => put(BigInt(callData.length)),
    55: copy(() => callData),
    56: () => put(BigInt(code.length)),
    57: copy(() => code),
    61: () => put(BigInt(returned.length)),
    62: copy(() => returned),
    80: () => void take(),
    81: () => put(wordOf(read(take(), wordBytes))),
    82: () => {
      const to = take()
      write(to, Buffer.from(take().toString(16).padStart(64, '0'), 'hex'))
    },
    83: () => {
      const to = take()
      write(to, Buffer.from([Number(take() & 255n)]))
    },
    86: () => jump(take()),
    87: () => {
      const to = take()
      if (take() !== 0n) jump(to)
    },
    88: () => put(BigInt(at - 1)),
    89: () => put(BigInt(memory.length)),
    90: () => put(gas),
    91: () => {},
    243: end('returned'),
    250: staticCall,
    253: end('reverted'),
  }

  function step(op: number): void {
    if (op >= 0x5f && op <= 0x7f) push(op - 0x5f)
    else if (op >= 0x80 && op <= 0x8f) put(peek(op - 0x7f))
    else if (op >= 0x90 && op <= 0x9f) swap(op - 0x8f)
    else (operations[op] ?? (() => halt('invalid opcode')))()
  }

  try {
    for (;;) {
      const op = code[at] ?? 0
      at += 1
      spend(3n)
      step(op)
    }
  } catch (error) {
    if (error instanceof Halt) return error.result
    throw error
  }
}
