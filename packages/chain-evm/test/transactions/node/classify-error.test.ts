import { describe, expect, it } from 'vitest'
import { chainUnreachable, rpcRefused } from '../../../src/rpc/rpc-errors.ts'
import { classifyBroadcast, classifySimulation } from '../../../src/transactions/node/classify-error.ts'

const said = (message: string, code = -32000): unknown => rpcRefused('eth', { code, message, data: undefined })

describe('a failed delivery', () => {
  it.each([
    ['already known', 'known'],
    ['known transaction: 1c4a', 'known'],
    ['AlreadyKnown', 'known'],
    ['transaction already imported', 'known'],
    ['existing tx with same hash', 'known'],
    ['nonce too low', 'nonceTooLow'],
    ['nonce too low: next nonce 82, tx nonce 81', 'nonceTooLow'],
    ['nonce too low: address 0xAB, tx: 1 state: 2', 'nonceTooLow'],
    ['OldNonce, Current nonce: 5, nonce of rejected tx: 4', 'nonceTooLow'],
    ['Nonce too low', 'nonceTooLow'],
    ['replacement transaction underpriced', 'outbid'],
    ['Replacement transaction underpriced', 'outbid'],
    ['could not replace existing tx', 'outbid'],
    ['ReplacementNotAllowed', 'outbid'],
    ['OwnNonceAlreadyUsed', 'outbid'],
    ['insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1', 'underfunded'],
    ['Insufficient funds for gas * price + value', 'underfunded'],
    ['InsufficientFunds, Account balance: 1, cumulative cost: 2', 'underfunded'],
    ['Upfront cost exceeds account balance', 'underfunded'],
    ['tx fee (1.20 ether) exceeds the configured cap (1.00 ether)', 'tooExpensive'],
    ['Transaction fee cap exceeded', 'tooExpensive'],
    ['transaction underpriced: tip needed 1, tip permitted 0', 'feeTooLow'],
    ['max fee per gas less than block base fee: address 0xAB, maxFeePerGas: 1, baseFee: 2', 'feeTooLow'],
    ['fee too low', 'feeTooLow'],
    ['FeeTooLowToCompete', 'feeTooLow'],
    ['FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 2', 'feeTooLow'],
    ['Gas price below configured minimum gas price', 'feeTooLow'],
    ['txpool is full', 'later'],
    ['account limit exceeded', 'later'],
    ['pending sub-pool is full', 'later'],
    ['baseFee sub-pool is full', 'later'],
    ['nonce too high', 'later'],
    ['NonceGap, Future nonce. Expected nonce: 4', 'later'],
    ['future transaction tries to replace pending', 'later'],
    ['Transaction nonce is too distant from current sender nonce', 'later'],
    ['oversized data: transaction size 149625, limit 131072', 'tooLarge'],
    ['RLPTooLong: rlp too long', 'tooLarge'],
    ['MaxTxSizeExceeded, Max tx size: 131072', 'tooLarge'],
    ['transaction gas limit too high (cap: 16777216, tx: 17200000)', 'tooLarge'],
    ['gas limit 17200000 exceeds the cap of 16777216', 'tooLarge'],
    ['exceeds block gas limit', 'tooLarge'],
    ['intrinsic gas too low: gas 100, minimum needed 21000', 'never'],
    ['intrinsic gas too high -- tx.gas_limit > env.block.gas_limit', 'tooLarge'],
    ['GasLimitExceeded, Gas limit: 1, gas limit of rejected tx: 2', 'tooLarge'],
    ['invalid sender', 'never'],
    ['invalid chain id for signer: have 1 want 5', 'never'],
    ['transaction type not supported', 'never'],
    ['max priority fee per gas higher than max fee per gas', 'never'],
    ['Max priority fee per gas exceeds max fee per gas', 'never'],
    ['Internal error', 'unknown'],
    ['too many requests', 'unknown'],
  ])('in the words "%s" is %s', (message, meaning) => {
    expect(classifyBroadcast(said(message))).toBe(meaning)
  })

  it('without an answer, or with an error of another kind, is unknown', () => {
    expect(classifyBroadcast(chainUnreachable('eth_sendRawTransaction', 'nonce too low'))).toBe('unknown')
    expect(classifyBroadcast(new Error('already known'))).toBe('unknown')
    expect(classifyBroadcast(undefined)).toBe('unknown')
  })
})

describe('a failed simulation', () => {
  it.each([
    ['execution reverted: invalid version', 3, 'reverted'],
    ['whatever the words are', 3, 'reverted'],
    ['execution reverted', -32000, 'reverted'],
    ['VM execution error.', -32015, 'reverted'],
    ['Execution reverted', -32000, 'reverted'],
    ['invalid opcode: INVALID', -32000, 'reverted'],
    ['EVM error InvalidFEOpcode', -32603, 'reverted'],
    ['Out of gas: gas required exceeds allowance: 30000000', -32003, 'tooMuchGas'],
    ['gas required exceeds allowance (30000000)', -32000, 'tooMuchGas'],
    ['insufficient funds for transfer', -32000, 'underfunded'],
    ['header not found', -32000, 'unknown'],
  ])('in the words "%s" (%i) is %s', (message, code, meaning) => {
    expect(classifySimulation(said(message, code))).toBe(meaning)
  })

  it('without an answer is unknown', () => {
    expect(classifySimulation(chainUnreachable('eth_estimateGas', 'execution reverted'))).toBe('unknown')
  })
})
