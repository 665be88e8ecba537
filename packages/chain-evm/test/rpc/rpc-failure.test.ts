import { WatcherError } from '@perun-watcher/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chainUnreachable, rpcRefused } from '../../src/rpc/rpc-errors.ts'
import { type RpcFailure, rpcFailure } from '../../src/rpc/rpc-failure.ts'

type Said = readonly [method: string, code: number, message: string, data?: unknown]

/** What nodes and providers are known to answer. */
const refusals: Readonly<Record<Exclude<RpcFailure, 'nothing'>, readonly Said[]>> = {
  call: [
    ['eth_call', 3, 'execution reverted: too late', '0x08c379a0'],
    ['eth_estimateGas', -32_000, 'execution reverted'],
    ['eth_estimateGas', -32_000, 'execution reverted: block range is too wide'],
    ['eth_call', -32_015, 'VM execution error.', 'Reverted 0x'],
    ['eth_call', -32_000, 'invalid opcode: INVALID'],
    ['eth_estimateGas', -32_000, 'gas required exceeds allowance (30000000)'],
    ['eth_estimateGas', -32_000, 'insufficient funds for transfer'],
    ['eth_sendRawTransaction', -32_000, 'nonce too low: next nonce 5, tx nonce 4'],
    ['eth_sendRawTransaction', -32_000, 'already known'],
    ['eth_sendRawTransaction', -32_000, 'replacement transaction underpriced'],
    ['eth_sendRawTransaction', -32_000, 'insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1'],
    ['eth_sendRawTransaction', -32_000, 'tx fee (1.20 ether) exceeds the configured cap (1.00 ether)'],
    ['eth_sendRawTransaction', -32_000, 'oversized data: transaction size 200000, limit 131072'],
    ['eth_sendRawTransaction', -32_000, 'max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1'],
    ['eth_sendRawTransaction', -32_003, 'txpool is full'],
  ],
  size: [
    ['eth_getLogs', -32_005, 'query returned more than 10000 results', { from: '0x1' }],
    ['eth_getLogs', -32_602, 'query returned more than 10000 results. Try with this block range [0x1, 0x2].'],
    ['eth_getLogs', -32_602, 'range 1000000 exceeds limit of 10000'],
    ['eth_getLogs', -32_602, 'block range too wide'],
    ['eth_getLogs', -32_600, 'block range is too wide'],
    ['eth_getLogs', -32_600, 'block range too high'],
    ['eth_getLogs', -32_602, 'query exceeds max block range 100000'],
    ['eth_getLogs', -32_602, 'query exceeds max results 20000, retry with the range 59066104-59066970'],
    [
      'eth_getLogs',
      -32_602,
      'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range',
    ],
    [
      'eth_getLogs',
      -32_600,
      'Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Upgrade to PAYG for expanded block range.',
    ],
    ['eth_getLogs', -32_614, 'eth_getLogs is limited to a 10,000 range'],
    ['eth_getLogs', -32_602, 'eth_getLogs is limited to 0 - 10000 blocks range'],
    ['eth_getLogs', -32_701, 'exceed maximum block range: 50000'],
    ['eth_getLogs', -32_000, 'exceed maximum block range: 5000'],
    ['eth_getLogs', 35, 'ranges over 10000 blocks are not supported on freetier'],
    ['eth_getLogs', -32_000, 'Block range limit exceeded. See more details at https://docs.chainstack.com/docs/limits'],
    ['eth_getLogs', -32_000, 'block range exceeds the range allowed for your plan (1000 > 128).'],
    ['eth_getLogs', -32_000, 'eth_getLogs block range too large, range: 2000, max: 1000'],
    ['eth_getLogs', -32_000, 'Max range: 800'],
    ['eth_getLogs', -32_000, 'query must be smaller than size 1024'],
    ['eth_getLogs', -32_005, 'limit exceeded'],
    ['eth_getLogs', -32_000, 'requested too many blocks from 0 to 2000, maximum is set to 30'],
    ['eth_getLogs', -32_602, 'specified too large block range, please limit the query to at most 1000 blocks'],
    ['eth_getLogs', -32_000, 'Requested range exceeds maximum range limit'],
    ['eth_getLogs', -32_005, 'logs matched by query exceeds limit of 10000'],
    ['eth_getLogs', -32_005, 'Too many logs requested. Max logs per response is 20000.'],
    ['eth_getLogs', -32_000, 'query timeout exceeded'],
    ['eth_getLogs', -32_002, 'request timed out'],
    ['eth_getLogs', -32_005, 'query timeout exceeded. Consider reducing your block range.'],
    ['eth_getLogs', -32_003, 'response too large'],
    ['eth_getLogs', -32_008, 'Response is too big', 'Exceeded max limit of 167772160'],
    ['eth_getLogs', -32_000, 'backend response too large'],
    ['eth_call', -32_600, 'batch too large'],
    ['eth_call', -32_005, 'Batched requests are not supported by this server'],
    [
      'eth_call',
      31,
      'Batch of more than 3 requests are not allowed on free tier, to use this feature register paid account',
    ],
    ['eth_call', -32_000, 'max initcode size exceeded: code size 50000 limit 49152'],
    ['eth_call', -32_000, 'execution aborted (timeout = 5s)'],
    ['eth_call', -32_600, 'request entity too large'],
  ],
  service: [
    ['eth_getLogs', -32_005, 'daily request count exceeded, request rate limited'],
    ['eth_getLogs', -32_000, 'rate limit exceeded'],
    ['eth_call', -32_005, 'limit exceeded'],
    ['eth_call', -32_000, 'Too many requests, reason: call rate limit exhausted, retry in 10s'],
    [
      'eth_call',
      -32_007,
      '50/second request limit reached - reduce calls per second or upgrade your account at quicknode.com',
    ],
    ['eth_call', -32_012, 'credits limited to 6000/sec'],
    [
      'eth_call',
      429,
      'Your app has exceeded its compute units per second capacity. If you have retries enabled, ignore this',
    ],
    ['eth_call', -32_000, 'Monthly capacity limit exceeded. Visit https://dashboard.alchemyapi.io/settings/billing'],
    ['eth_call', -32_005, "You've exceeded the RPS limit available on the current plan."],
    ['eth_call', -32_000, 'Unauthorized: You must authenticate your request with an API key.'],
    ['eth_call', -32_079, 'Origin not allowed'],
    ['eth_call', -32_002, 'rejected due to project ID settings'],
    ['eth_call', -32_011, 'no backend is currently healthy to serve traffic'],
    ['eth_call', -32_029, 'Too Many Requests'],
    ['eth_call', -32_600, 'tenant disabled'],
  ],
  method: [
    ['debug_traceTransaction', -32_601, 'the method debug_traceTransaction does not exist/is not available'],
    ['eth_getLogs', -32_601, 'Method not found'],
    ['eth_getLogs', -32_000, 'method not available'],
    ['eth_getLogs', -32_004, 'This request method is not supported.'],
    ['eth_feeHistory', -32_000, 'rpc method is not whitelisted'],
    [
      'debug_traceTransaction',
      -32_600,
      'debug_traceTransaction is not available on the Free tier - upgrade to Pay As You Go',
    ],
    ['eth_estimateGas', -32_602, 'too many arguments, want at most 1'],
    ['eth_call', -32_602, 'too many arguments, want at most 2'],
  ],
  history: [
    ['eth_call', -32_000, 'missing trie node 1234 (path ) state 0x1234 is not available'],
    ['eth_call', -32_000, 'header not found'],
    ['eth_call', -32_000, 'header for hash not found'],
    ['eth_getLogs', -32_000, 'unknown block'],
    ['eth_getLogs', -32_001, 'resource not found'],
    ['eth_getBlockByNumber', 4444, 'pruned history unavailable'],
    ['eth_getLogs', -32_602, 'block range extends beyond current head block'],
    ['eth_getLogs', -32_000, 'invalid block range params'],
    ['eth_getLogs', -32_000, 'requested epoch was a null round: block not found'],
    ['eth_call', -32_000, 'required historical state unavailable (reexec=128)'],
    ['eth_getLogs', -32_000, 'history has been pruned for this block'],
    ['eth_call', -32_000, 'No state available for block 0x12'],
    [
      'eth_call',
      -32_002,
      'Block requested not found. Request might be querying historical state that is not available.',
    ],
  ],
  nonsense: [
    ['eth_getLogs', -32_603, 'internal error'],
    ['eth_getLogs', -32_000, 'not today'],
    ['eth_call', -32_000, ''],
  ],
}

describe('what the failure of a request says', () => {
  const cases = Object.entries(refusals).flatMap(([expected, said]) => said.map((each) => ({ expected, each })))
  it.each(cases)('$expected: $each', ({ expected, each: [method, code, message, data] }) => {
    expect(rpcFailure(method, rpcRefused(method, { code, message, data }))).toBe(expected)
    expect(rpcFailure(method, rpcRefused(method, { code, message: message.toUpperCase(), data }))).toBe(expected)
  })

  it.each([
    ['size', { status: 413 }],
    ['size', { isTooLarge: true }],
    ['size', { status: 400, text: 'query range too large' }],
    ['size', { status: 500, text: '"query returned more than 10000 results"' }],
    ['service', { status: 429, text: 'block range too wide' }],
    ['service', { status: 403, text: '<html>the block was not found</html>' }],
    ...[401, 402, 403, 404, 407, 503].map((status) => ['service', { status }] as const),
    ...[408, 504, 522, 524].map((status) => ['nothing', { status }] as const),
    ...[413, 414, 431].map((status) => ['size', { status }] as const),
    ['nonsense', { status: 405 }],
    ['service', { status: 400, text: 'rate limit exceeded' }],
    ['nothing', { status: 504, text: '<html>gateway</html>' }],
    ['nonsense', { status: 502, text: '<html>bad</html>' }],
    ['nonsense', { status: 400, text: 'execution reverted' }],
    ['nothing', {}],
  ] as const)('%s: no answer but %o', (expected, known) => {
    expect(rpcFailure('eth_getLogs', chainUnreachable('eth_getLogs', 'HTTP request failed.', known))).toBe(expected)
  })

  it('knows an answer that cannot be, and takes whatever else is thrown for no answer', () => {
    expect(rpcFailure('eth_call', new WatcherError('CHAIN_DATA_INVALID', 'No.'))).toBe('nonsense')
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        expect(rpcFailure('eth_call', thrown)).toBe('nothing')
      }),
    )
  })

  it('has a meaning for any words, and takes the data only where it is text', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.anything(), (code, message, data) => {
        const failure = rpcFailure('eth_getLogs', rpcRefused('eth_getLogs', { code, message, data }))
        expect(Object.keys(refusals)).toContain(failure)
      }),
    )
  })
})

describe('the cause of a refusal', () => {
  it('can be printed, and holds no secret of a URL', () => {
    const message = 'see https://user:pass@rpc.example/v3/secret-key?token=1'
    for (const error of [
      rpcRefused('eth_call', { code: -1, message, data: { a: 1 } }),
      chainUnreachable('eth_call', message, { status: 500, text: message }),
    ]) {
      expect(String(error.cause)).toBe('Error: see https://rpc.example/…')
      expect(JSON.stringify([error, error.cause, error.message, error.details])).not.toMatch(/secret-key|pass@|token=1/)
    }
  })
})
